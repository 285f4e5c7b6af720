"""The stories that the load tells: what they name exists, and they are told in an order that can be."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.finance.invoices.checking import Buyer, check_invoice_file
from engine.finance.invoices.findings import Channel
from engine.settings import load_settings
from web.demo.data import read
from web.demo.facturae import as_bytes, facturae
from web.demo.invoices import draft_of

NOW = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
CASES: list[dict[str, Any]] = read("applications")["cases"]
INVOICES: list[dict[str, Any]] = read("invoices")["invoices"]
_RULES = {
    "total": "6f",
    "withholding": "6f",
    "future": "7a",
    "identity": "5b",
    "half_units": "8",
    "no_units": "8",
    "buyer": "BUYER",
}


def names() -> dict[str, set[str]]:
    return {
        "person": {item["document"] for item in read("people")["people"]},
        "official": {item["code"] for item in read("officials")["officials"]},
        "contract": {item["number"] for item in read("contracts")["contracts"]},
    }


def test_the_stories_name_people_officials_and_contracts_that_there_are() -> None:
    known = names()
    for case in CASES:
        assert {case["person"], case.get("attorney", case["person"])} <= known["person"]
        for step in case.get("steps", ()):
            assert {step.get("by", step.get("sign"))} - {None} <= known["official"]
        assert {case.get("by")} - {None} <= known["official"]
    for item in INVOICES:
        assert item["supplier"] in known["person"]
        assert {item["contract"]} - {""} <= known["contract"]


def test_each_person_asks_for_each_thing_once_so_that_a_load_knows_what_it_did() -> None:
    asked = Counter((case["person"], case["procedure"]) for case in CASES)
    assert [pair for pair, times in asked.items() if times > 1] == []
    sent = Counter((item["series"], item["number"]) for item in INVOICES if not item.get("again"))
    assert [pair for pair, times in sent.items() if times > 1] == []


def test_steps_follow_their_filing_and_the_last_application_is_the_last_act() -> None:
    def order(told: list[Any]) -> tuple[int, str]:
        return -told[0], told[1]

    moments = []
    for case in CASES:
        first = case.get("filed") or case.get("begun") or case["draft"]
        told = [first, *(step["at"] for step in case.get("steps", ()))]
        assert told == sorted(told, key=order), case["person"]
        moments += told
    for item in INVOICES:
        steps = item.get("steps", ())
        told = [item["received"]] + [
            step["at"] if isinstance(step, dict) else step[:2] for step in steps
        ]
        assert told == sorted(told, key=order), item["number"]
        moments += told
    (last,) = [case for case in CASES if case.get("last")]
    assert last["filed"] == max(moments, key=order)


def test_every_phase_and_every_end_is_told() -> None:
    procedures = Counter(case["procedure"] for case in CASES if "filed" in case)
    assert min(procedures["terrace-permit"], procedures["general-request"]) >= 8
    verbs = {
        verb
        for case in CASES
        for step in case.get("steps", ())
        for verb in step
        if verb not in ("at", "by", "data", "files")
    }
    assert verbs == {"task", "sign", "open", "reject", "correct", "withdraw", "pay"}
    assert {item.get("flaw") for item in INVOICES} - {None} == set(_RULES)


@pytest.mark.parametrize("item", INVOICES, ids=lambda item: f"{item['series']}{item['number']}")
def test_an_invoice_has_exactly_the_fault_that_its_story_gives_it(item: dict[str, Any]) -> None:
    town = load_settings({}).town
    data = as_bytes(facturae(draft_of(item, town, NOW.date())))
    report = check_invoice_file(
        data, channel=Channel.UPLOAD, now=NOW, buyer=Buyer(town.nif, town.name)
    )
    found = {finding.rule for finding in report.all_findings} - {"2"}
    assert found == ({_RULES[item["flaw"]]} if "flaw" in item else set())
