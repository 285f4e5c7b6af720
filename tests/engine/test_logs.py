"""The log says what failed and where, and nothing of what the variables held."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from engine.logs import configure_logs


@pytest.fixture
def _as_it_was() -> Iterator[None]:
    """The loggers of the other tests do not write where this one does."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("_as_it_was")
def test_a_failure_is_logged_without_anybodys_data(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()

    def fails(document: str) -> None:
        raise ValueError(len(document))

    try:
        fails("98451207Y")
    except ValueError as error:
        structlog.get_logger().warning("it failed", exc_info=error)
    line = json.loads(capsys.readouterr().err)
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert "98451207Y" not in json.dumps({**line, "exception": line["exception"]})
