"""Settings: the environment for what changes between installations, `town.toml` for the town."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent


class Environment(StrEnum):
    """Where this process runs; the demonstration's conveniences exist only in DEMO."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


@dataclass(frozen=True)
class Language:
    """A language of the sede: its BCP 47 code and its own name."""

    code: str
    name: str


@dataclass(frozen=True)
class Town:
    """The town hall as `town.toml` describes it."""

    entity_id: int
    name: str
    short_name: str
    organ_name: str
    dir3: str
    nif: str
    office_dir3: str
    office_name: str
    postal_address: str
    phone: str
    email: str
    calendar: str
    timezone: str
    languages: tuple[Language, ...]
    odd_half: str
    filing_term_from: str
    secure_code_regulation: str
    time_stamp_urls: tuple[str, ...]
    notification_channels: tuple[str, ...] = ("sede", "post")


@dataclass(frozen=True)
class Settings:
    """All that an installation may choose.

    database_url: the application's role, which cannot alter the record;
    owner_url: the owner's role, for migrations only;
    base_url: the public address of the sede, printed on documents;
    smtp_url: the mail server, `smtp://user:password@host:port` or `smtps://…`;
    mail_from: the address that notices come from, by default the town's;
    message_days: how long a message to a process waits for its receiver.
    """

    environment: Environment
    data_dir: Path
    database_url: str | None
    owner_url: str | None
    base_url: str
    secret_key: bytes | None
    schemas_dir: Path | None
    key_passphrase: str | None
    smtp_url: str | None
    mail_from: str | None
    town: Town
    message_days: int = 30

    @property
    def demo(self) -> bool:
        """Whether fictitious people may be chosen at sign-in: never in production."""
        return self.environment is not Environment.PRODUCTION

    @property
    def entity_id(self) -> int:
        return self.town.entity_id

    @property
    def storage_dir(self) -> Path:
        return self.data_dir / "documents"

    @property
    def keys_dir(self) -> Path:
        return self.data_dir / "keys"

    @property
    def witness_dir(self) -> Path:
        return self.data_dir / "witness"

    @property
    def mail_dir(self) -> Path:
        return self.data_dir / "mail"

    @property
    def dehu_dir(self) -> Path:
        return self.data_dir / "dehu"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises ConfigurationError that names the variable or the key at fault."""
    env = os.environ if environ is None else environ
    environment = _environment(env.get("ANDECHA_ENV", "demo"))
    data_dir = Path(env.get("ANDECHA_DATA") or ROOT / "var").resolve()
    town_file = Path(env.get("ANDECHA_TOWN") or ROOT / "town.toml")
    secret = env.get("ANDECHA_SECRET_KEY")
    schemas = env.get("ANDECHA_SCHEMAS_DIR")
    settings = Settings(
        environment=environment,
        data_dir=data_dir,
        database_url=env.get("ANDECHA_DATABASE_URL") or None,
        owner_url=env.get("ANDECHA_OWNER_DATABASE_URL") or env.get("ANDECHA_DATABASE_URL") or None,
        base_url=(env.get("ANDECHA_BASE_URL") or "http://localhost:8000").rstrip("/"),
        secret_key=secret.encode() if secret else None,
        schemas_dir=Path(schemas) if schemas else None,
        key_passphrase=env.get("ANDECHA_KEY_PASSPHRASE") or None,
        smtp_url=env.get("ANDECHA_SMTP_URL") or None,
        mail_from=env.get("ANDECHA_MAIL_FROM") or None,
        town=load_town(town_file),
        message_days=_days(env, "ANDECHA_MESSAGE_DAYS", 30),
    )
    if environment is Environment.PRODUCTION:
        _require_production(settings)
    return settings


def _days(env: Mapping[str, str], name: str, default: int) -> int:
    """A number of days, one at least; raises ConfigurationError."""
    text = env.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ConfigurationError(f"{name} vale «{text}»; indique un número de días, uno o más.")
    return int(text)


def _environment(value: str) -> Environment:
    try:
        return Environment(value)
    except ValueError:
        raise ConfigurationError(
            f"ANDECHA_ENV vale «{value}»; use demo, test o production."
        ) from None


def _require_production(settings: Settings) -> None:
    missing = [
        name
        for name, value in (
            ("ANDECHA_DATABASE_URL", settings.database_url),
            ("ANDECHA_SECRET_KEY", settings.secret_key),
            ("ANDECHA_KEY_PASSPHRASE", settings.key_passphrase),
        )
        if not value
    ]
    if missing:
        raise ConfigurationError("En producción hay que definir " + ", ".join(missing) + ".")
    if settings.secret_key is not None and len(settings.secret_key) < 32:
        raise ConfigurationError("ANDECHA_SECRET_KEY necesita al menos 32 caracteres.")


def load_town(path: Path) -> Town:
    """Read `town.toml`; raises ConfigurationError that names the missing key."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"No se encuentra el fichero del municipio {path}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"El fichero del municipio {path} no se entiende: {error}."
        ) from error
    try:
        return Town(
            entity_id=int(raw["entity_id"]),
            name=raw["name"],
            short_name=raw["short_name"],
            organ_name=raw["organ_name"],
            dir3=raw["dir3"],
            nif=raw["nif"],
            office_dir3=raw["registry"]["office_dir3"],
            office_name=raw["registry"]["office_name"],
            postal_address=raw["contact"]["address"],
            phone=raw["contact"]["phone"],
            email=raw["contact"]["email"],
            calendar=raw["time"]["calendar"],
            timezone=raw["time"]["timezone"],
            languages=tuple(Language(item["code"], item["name"]) for item in raw["languages"]),
            odd_half=raw["time"]["odd_half"],
            filing_term_from=raw["time"]["filing_term_from"],
            secure_code_regulation=raw["documents"]["secure_code_regulation"],
            time_stamp_urls=tuple(raw["documents"].get("time_stamp_urls", ())),
            notification_channels=tuple(
                raw.get("notifications", {}).get("channels", ("sede", "post"))
            ),
        )
    except KeyError as error:
        raise ConfigurationError(f"A {path} le falta la clave {error}.") from error
