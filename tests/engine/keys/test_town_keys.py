"""The keys of the town: which one signs, rotation, alarms, and what is said when one is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from factories.town import actor_for
from sqlalchemy import select

from engine.audit.models import AuditEvent
from engine.clock import FixedClock
from engine.errors import BadInput, ConfigurationError, NotFound, Refused, RuleBroken
from engine.ids import new_id
from engine.keys import operations, queries
from engine.keys.duties import watch
from engine.keys.enrolment import enrol, enrol_bundle
from engine.keys.folder import passphrase, read_roots, trust_dir
from engine.keys.models import CertificateState, Purpose
from engine.permissions import ActorKind
from engine.settings import Environment
from engine.townhall import TownHall
from signatures.demo_authority import Authority, make_authority
from signatures.keys import SigningKey, save_private

HOLDER = "Alcaldía"


@pytest.fixture
def issuer(clock: FixedClock) -> Authority:
    """An authority by the town's clock."""
    return make_authority(clock.now())


def make_seal(issuer: Authority) -> SigningKey:
    return issuer.seal(organ=HOLDER, entity="Ayuntamiento", nif="P3399014D")


@pytest.fixture
def add_seal(townhall: TownHall, issuer: Authority) -> Callable[[], SigningKey]:
    """Put another seal into force."""

    def add() -> SigningKey:
        key = make_seal(issuer)
        enrol(townhall.system("test"), Purpose.SEAL, HOLDER, key)
        return key

    return add


def states(townhall: TownHall) -> list[CertificateState]:
    with townhall.database.reading() as session:
        return [row.state for row in queries.certificates(session)]


def alarms(townhall: TownHall) -> int:
    with townhall.database.reading() as session:
        return len(
            list(session.scalars(select(AuditEvent).where(AuditEvent.type == "keys.warn_expiry")))
        )


def test_the_seal_is_opened_once_and_a_rotation_is_noticed_at_once(
    townhall: TownHall, add_seal: Callable[[], SigningKey], clock: FixedClock
) -> None:
    keys = townhall.parts["keys"]
    first = add_seal()
    opened = keys.seal()
    assert opened.certificate == first.certificate
    assert opened.chain == first.chain
    assert keys.seal() is opened
    clock.advance(timedelta(seconds=1))
    second = add_seal()
    assert keys.seal().certificate == second.certificate
    assert states(townhall) == [CertificateState.ACTIVE, CertificateState.RETIRED]


def test_a_key_that_is_not_there_says_what_to_run(townhall: TownHall) -> None:
    keys = townhall.parts["keys"]
    with pytest.raises(ConfigurationError, match="andecha keys demo"):
        keys.seal()
    with pytest.raises(ConfigurationError, match="certificado del empleado"):
        keys.official(new_id())
    townhall.settings = replace(townhall.settings, environment=Environment.PRODUCTION)
    with pytest.raises(ConfigurationError, match="andecha keys import seal --holder «Alcaldía»"):
        keys.seal()
    assert keys.time_stamper() is None
    assert keys.revocation() is None
    assert list(keys.trust_roots()) == []


def test_a_retired_and_a_revoked_key_do_not_sign(
    townhall: TownHall, add_seal: Callable[[], SigningKey]
) -> None:
    keys, call = townhall.parts["keys"], townhall.system("test")
    for end in (operations.retire, operations.revoke):
        add_seal()
        with townhall.database.reading() as session:
            row = queries.active(session, Purpose.SEAL, HOLDER)
        assert row is not None
        end(call, certificate_id=row.id, reason="Se cambia")
        with pytest.raises(ConfigurationError):
            keys.seal()
        with pytest.raises(RuleBroken):
            end(call, certificate_id=row.id, reason="Se cambia")
    with pytest.raises(NotFound):
        operations.retire(call, certificate_id=new_id(), reason="x")


def test_an_officials_key_is_not_another_officials(townhall: TownHall, issuer: Authority) -> None:
    ids = [new_id(), new_id()]
    made = [make_seal(issuer), make_seal(issuer)]
    for official_id, key in zip(ids, made, strict=True):
        enrol(townhall.system("test"), Purpose.OFFICIAL, str(official_id), key)
    keys = townhall.parts["keys"]
    assert [keys.official(item).certificate for item in ids] == [key.certificate for key in made]


def test_a_key_file_changed_for_another_is_not_used(
    townhall: TownHall, add_seal: Callable[[], SigningKey], issuer: Authority
) -> None:
    add_seal()
    (path,) = townhall.settings.keys_dir.glob("seal-*.pem")
    save_private(path, make_seal(issuer).private, passphrase(townhall.settings))
    with pytest.raises(ConfigurationError, match="no es la del certificado"):
        townhall.parts["keys"].seal()
    path.write_text("broken")
    with pytest.raises(ConfigurationError, match="contraseña"):
        townhall.parts["keys"].seal()


def test_who_may_not_touch_keys_is_refused(townhall: TownHall, issuer: Authority) -> None:
    nobody = townhall.call(actor_for(ActorKind.OFFICIAL, new_id(), "documents.read"))
    with pytest.raises(Refused):
        enrol(nobody, Purpose.SEAL, HOLDER, make_seal(issuer))
    assert states(townhall) == []


def test_what_cannot_be_registered(
    townhall: TownHall, issuer: Authority, clock: FixedClock
) -> None:
    call, key = townhall.system("test"), make_seal(issuer)
    enrol(call, Purpose.SEAL, HOLDER, key)
    with pytest.raises(RuleBroken, match="ya está registrado"):
        enrol(call, Purpose.SEAL, HOLDER, key)
    with pytest.raises(BadInput, match="no es la del certificado"):
        enrol(
            call,
            Purpose.SEAL,
            HOLDER,
            SigningKey(make_seal(issuer).private, key.certificate, key.chain),
        )
    with pytest.raises(BadInput, match="sin carpeta"):
        operations.register_certificate(
            call,
            purpose=Purpose.SEAL,
            holder=HOLDER,
            certificate=make_seal(issuer).certificate,
            chain=(),
            key_file="../seal.pem",
        )
    ended = make_seal(issuer)
    clock.advance(timedelta(days=5 * 365))
    with pytest.raises(BadInput, match="caducado"):
        enrol(call, Purpose.SEAL, HOLDER, ended)


def test_a_bundle_of_an_authority_is_taken_in_and_its_root_is_not_trusted_by_that(
    townhall: TownHall, issuer: Authority, tmp_path: Path
) -> None:
    key = make_seal(issuer)
    path = tmp_path / "sello.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"x", key.private, key.certificate, list(key.chain), BestAvailableEncryption(b"1234")
        )
    )
    call = townhall.system("test")
    with pytest.raises(BadInput, match="contraseña"):
        enrol_bundle(call, Purpose.SEAL, HOLDER, path, "4321")
    enrol_bundle(call, Purpose.SEAL, HOLDER, path, "1234")
    keys = townhall.parts["keys"]
    assert keys.seal().certificate == key.certificate
    assert list(keys.trust_roots()) == []
    folder = trust_dir(townhall.settings)
    folder.mkdir()
    (folder / "raiz.pem").write_bytes(issuer.root.public_bytes(Encoding.PEM))
    assert list(keys.trust_roots()) == [issuer.root]
    (folder / "otra.pem").write_text("not a certificate")
    with pytest.raises(ConfigurationError, match=r"otra\.pem"):
        read_roots(townhall.settings)


def test_the_end_of_a_certificate_is_announced_once_at_60_30_and_7_days(
    townhall: TownHall, add_seal: Callable[[], SigningKey], clock: FixedClock
) -> None:
    ends = add_seal().certificate.not_valid_after_utc

    def at(days: int) -> int:
        clock.advance(ends - timedelta(days=days) - clock.now())
        watch(townhall)
        watch(townhall)
        return alarms(townhall)

    assert [at(61), at(59), at(45), at(29), at(6), at(-3)] == [0, 1, 1, 2, 3, 3]


def test_a_watch_that_comes_late_announces_the_nearest_threshold_only(
    townhall: TownHall, add_seal: Callable[[], SigningKey], clock: FixedClock
) -> None:
    ends = add_seal().certificate.not_valid_after_utc
    clock.advance(ends - timedelta(days=5) - clock.now())
    watch(townhall)
    watch(townhall)
    assert alarms(townhall) == 1


def test_expiring_lists_the_soonest_first_and_leaves_out_what_is_retired(
    townhall: TownHall, add_seal: Callable[[], SigningKey], clock: FixedClock
) -> None:
    add_seal()
    add_seal()
    later: datetime = clock.now() + timedelta(days=4 * 365)
    with townhall.database.reading() as session:
        assert len(queries.expiring(session, later, timedelta(days=30))) == 1
        assert queries.expiring(session, clock.now(), timedelta(days=60)) == ()


def test_production_asks_for_a_long_passphrase_and_the_demonstration_makes_its_own(
    townhall: TownHall,
) -> None:
    demo = replace(townhall.settings, secret_key=None, key_passphrase=None)
    made = passphrase(demo)
    assert len(made) == 64
    assert passphrase(demo) == made
    assert (demo.keys_dir / "key-passphrase").stat().st_mode & 0o777 == 0o600
    production = replace(demo, environment=Environment.PRODUCTION)
    for short in (None, "corta"):
        with pytest.raises(ConfigurationError, match="16 caracteres"):
            passphrase(replace(production, key_passphrase=short))
