"""The demonstration's keys: an authority of its own, made once in the data folder, never in production."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import ConfigurationError
from engine.keys import queries
from engine.keys.enrolment import enrol
from engine.keys.folder import lists_dir, passphrase, trust_dir
from engine.keys.models import Purpose
from engine.keys.town_keys import seal_holder, stamp_holder
from engine.people.models import Official, PostAssignment, Unit
from engine.people.names import sort_key
from engine.townhall import Call, TownHall

if TYPE_CHECKING:
    from engine.keys.queries import CertificateRow
    from engine.settings import Settings
    from signatures.demo_authority import Authority

_RENEW_BEFORE = timedelta(days=60)
_LONGEST_LIST = timedelta(days=360)
_FOLDER, _NAME = "demo-authority", "demo"


@dataclass(frozen=True)
class DemoKeys:
    """How many certificates a call has made: of the house (seal, time stamps) and of officials."""

    house: int
    officials: int


def ensure_demo_keys(
    townhall: TownHall, call: Call, *, left: timedelta = _RENEW_BEFORE
) -> DemoKeys:
    """Give the town its seal, its time stamps and a certificate to each active official without one.

    Makes only what is missing or about to end, so a second call does nothing. Call it before the
    first act that is dated by the town's clock: its certificates are good from a day before.
    left: how long what is there must still be good.
    Raises ConfigurationError in production.
    """
    if not townhall.settings.demo:
        raise ConfigurationError(
            "Las claves de demostración no existen en producción: use «andecha keys import»."
        )
    now = townhall.clock.now()
    authority = demo_authority(townhall.settings, now)
    renew_demo_list(townhall, left=min(left, _LONGEST_LIST))
    return DemoKeys(
        house=_ensure_house(call, authority, left),
        officials=_ensure_officials(call, authority, left),
    )


def _ensure_house(call: Call, authority: Authority, left: timedelta) -> int:
    settings, town = call.townhall.settings, call.townhall.settings.town
    made = 0
    with call.townhall.database.reading() as session:
        seal = queries.active(session, Purpose.SEAL, seal_holder(settings))
        stamps = queries.active(session, Purpose.TIME_STAMPING, stamp_holder(settings))
    if not _good(authority, settings, seal, left):
        key = authority.seal(organ=town.organ_name, entity=town.name, nif=town.nif)
        enrol(call, Purpose.SEAL, seal_holder(settings), key)
        made += 1
    if not _good(authority, settings, stamps, left):
        key = authority.time_stamping(entity=town.name)
        enrol(call, Purpose.TIME_STAMPING, stamp_holder(settings), key)
        made += 1
    return made


def _ensure_officials(call: Call, authority: Authority, left: timedelta) -> int:
    settings, town = call.townhall.settings, call.townhall.settings.town
    with call.townhall.database.reading() as session:
        have = queries.all_active(session, Purpose.OFFICIAL)
        officials = list(session.scalars(select(Official).where(Official.active)))
        units = _unit_names(session)
    made = 0
    for official in officials:
        if _good(authority, settings, have.get(str(official.id)), left):
            continue
        given, surnames = _name_parts(official)
        key = authority.employee(
            given=given,
            surnames=surnames,
            nif=official.document_number,
            entity=town.name,
            entity_nif=town.nif,
            unit=units.get(official.id, town.name)[:64],
            post=official.title[:64],
        )
        enrol(call, Purpose.OFFICIAL, str(official.id), key)
        made += 1
    return made


def _unit_names(session: Session) -> dict[object, str]:
    """The name of a unit in which each official works."""
    rows = session.execute(
        select(PostAssignment.official_id, Unit.name).join(
            Unit,
            (Unit.entity_id == PostAssignment.entity_id) & (Unit.id == PostAssignment.unit_id),
        )
    )
    return {row[0]: row[1] for row in rows}


def _name_parts(official: Official) -> tuple[str, tuple[str, str]]:
    """Given name and surnames: the split of the shown name whose sort key is the stored one."""
    words = official.display_name.split()
    for first in range(1, len(words)):
        given, rest = " ".join(words[:first]), words[first:]
        if sort_key(given, " ".join(rest)) == official.sort_key:
            return given, (" ".join(rest[:-1]) or rest[0], rest[-1] if len(rest) > 1 else "")
    return official.display_name, ("", "")


def _good(
    authority: Authority, settings: Settings, row: CertificateRow | None, left: timedelta
) -> bool:
    """Whether a certificate still serves: of this authority, with its key file and time left."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return (
        row is not None
        and row.valid_to - authority.made_at > left
        and authority.issuing.public_bytes(Encoding.PEM).decode() in row.pem
        and (settings.keys_dir / row.key_file).is_file()
    )


def renew_demo_list(townhall: TownHall, *, left: timedelta = _RENEW_BEFORE) -> bool:
    """Write a new revocation list when the last one ends soon; False when there is nothing to do."""
    from cryptography.x509 import load_der_x509_crl

    settings, now = townhall.settings, townhall.clock.now()
    folder = settings.keys_dir / _FOLDER
    if not settings.demo or not folder.is_dir():
        return False
    path = lists_dir(settings) / f"{_NAME}.crl"
    number = 1
    if path.is_file():
        last = load_der_x509_crl(path.read_bytes())
        ends = last.next_update_utc
        if ends is not None and ends - now > left:
            return False
        number = int(now.timestamp())
    authority = demo_authority(settings, now)
    _write(path, authority.revocation_list(now, number=number))
    return True


def demo_authority(settings: Settings, now: datetime) -> Authority:
    """The authority of the data folder, made the first time; its leaves are valid from `now`."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import load_pem_x509_certificates

    from signatures.demo_authority import Authority
    from signatures.keys import KeyFileError, load_private

    folder = settings.keys_dir / _FOLDER
    if not folder.is_dir():
        return _make_authority(settings, folder, now)
    try:
        issuing, root = load_pem_x509_certificates((folder / "chain.pem").read_bytes())
        private = load_private(folder / "key.pem", passphrase(settings))
    except (OSError, ValueError, KeyFileError) as error:
        raise ConfigurationError(
            f"La autoridad de demostración de {folder} está dañada: borre esa carpeta."
        ) from error
    if not isinstance(private, EllipticCurvePrivateKey):
        raise ConfigurationError(f"La clave de {folder} no es de curva elíptica.")
    return Authority(root, issuing, private, now)


def _make_authority(settings: Settings, folder: Path, now: datetime) -> Authority:
    """Make the authority in a folder that appears whole, with its root among the trusted ones."""
    import tempfile

    from cryptography.hazmat.primitives.serialization import Encoding

    from signatures.demo_authority import make_authority
    from signatures.keys import save_private

    settings.keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = make_authority(now)
    root = made.root.public_bytes(Encoding.PEM)
    making = Path(tempfile.mkdtemp(dir=settings.keys_dir, prefix=".new-"))
    save_private(making / "key.pem", made.issuing_key, passphrase(settings))
    (making / "chain.pem").write_bytes(made.issuing.public_bytes(Encoding.PEM) + root)
    _write(trust_dir(settings) / f"{_NAME}.pem", root)
    _write(lists_dir(settings) / f"{_NAME}.crl", made.revocation_list(now))
    making.rename(folder)
    return made


def _write(path: Path, data: bytes) -> None:
    """Write a file that its readers see whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.new")
    making.write_bytes(data)
    making.replace(path)
