"""The small town of the demonstration, running as people run it, and a person at its pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from factories.patient_visitor import PatientVisitor
from factories.running_town import RunningTown


@pytest.fixture
def running_town(tmp_path: Path) -> Iterator[RunningTown]:
    """An installation of its own, since its parts are killed."""
    town = RunningTown(tmp_path)
    try:
        town.start()
        yield town
    finally:
        town.stop()


@pytest.fixture
def visitor(running_town: RunningTown) -> PatientVisitor:
    return PatientVisitor(running_town.address)
