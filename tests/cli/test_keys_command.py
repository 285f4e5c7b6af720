"""`andecha keys`: the demonstration's certificates, the list, and what an authority delivers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from engine.townhall import TownHall
from signatures.demo_authority import make_authority

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(townhall: TownHall) -> dict[str, str]:
    settings = townhall.settings
    return {
        "ANDECHA_ENV": "test",
        "ANDECHA_DATA": str(settings.data_dir),
        "ANDECHA_DATABASE_URL": settings.database_url or "",
    }


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A seal as an authority delivers it."""
    key = make_authority(datetime.now(UTC)).seal(
        organ="Alcaldía", entity="Ayuntamiento de Valdecandamo", nif="P3399014D"
    )
    path = tmp_path / "sello.p12"
    path.write_bytes(
        serialize_key_and_certificates(
            b"sello", key.private, key.certificate, key.chain, BestAvailableEncryption(b"abcd1234")
        )
    )
    return path


def test_demonstration_keys_are_made_once_and_listed(
    run_cli: Run, environment: dict[str, str]
) -> None:
    assert json.loads(run_cli("keys", "demo", "--json", **environment).stdout) == {
        "house": 2,
        "officials": 0,
    }
    assert json.loads(run_cli("keys", "demo", "--json", **environment).stdout)["house"] == 0
    listed = json.loads(run_cli("keys", "list", "--json", **environment).stdout)
    assert {(row["purpose"], row["state"]) for row in listed} == {
        ("seal", "active"),
        ("time_stamping", "active"),
    }


def test_a_delivered_seal_comes_into_force(
    run_cli: Run, environment: dict[str, str], bundle: Path
) -> None:
    done = run_cli(
        *("keys", "import", "seal", "--holder", "Alcaldía", str(bundle)),
        **environment,
        ANDECHA_P12_PASSPHRASE="abcd1234",
    )
    assert done.returncode == 0, done.stderr
    listed = json.loads(run_cli("keys", "list", "--json", **environment).stdout)
    assert [(row["holder"], row["state"]) for row in listed] == [("Alcaldía", "active")]


def test_a_wrong_passphrase_and_an_unknown_purpose_are_said_in_a_line(
    run_cli: Run, environment: dict[str, str], bundle: Path
) -> None:
    for purpose, passphrase in (("seal", "otra"), ("nonsense", "abcd1234")):
        done = run_cli(
            *("keys", "import", purpose, "--holder", "Alcaldía", str(bundle)),
            **environment,
            ANDECHA_P12_PASSPHRASE=passphrase,
        )
        assert done.returncode == 2
        assert done.stderr.strip()
        assert "Traceback" not in done.stderr
