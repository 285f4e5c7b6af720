"""The demonstration's bank is not there in production."""

from __future__ import annotations

from dataclasses import replace

from engine.payments.gateway import GATEWAY_PART
from engine.settings import Environment
from engine.townhall import TownHall
from web.app import create_app


def test_in_production_there_is_no_simulated_bank(hall: TownHall) -> None:
    hall.settings = replace(hall.settings, environment=Environment.PRODUCTION)
    app = create_app(hall, testing=True)
    assert not any(rule.rule.startswith("/simuladores") for rule in app.url_map.iter_rules())
    assert app.test_client().get("/simuladores/pasarela/2026AAAAAAAA").status_code == 404
    assert GATEWAY_PART not in hall.parts


def test_the_address_of_notices_is_there_for_the_real_one(hall: TownHall) -> None:
    hall.settings = replace(hall.settings, environment=Environment.PRODUCTION)
    app = create_app(hall, testing=True)
    assert app.test_client().post("/pagos/aviso", data=b"{}").status_code == 400
