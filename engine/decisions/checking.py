"""`check_decisions`: everything that is wrong in a DMN file, each with its element."""

from __future__ import annotations

from engine.decisions.errors import DecisionError
from engine.decisions.findings import Finding
from engine.decisions.reader import ModelReader, read_root
from engine.decisions.reading import Reading


def check_decisions(xml: bytes) -> tuple[Finding, ...]:
    """The findings of a file, in the order of the file; without errors it can be used."""
    findings: list[Finding] = []
    try:
        ModelReader(Reading(read_root(xml), findings)).model()
    except DecisionError as error:
        findings.append(Finding("error", "xml", error.place, error.message))
    return tuple(findings)
