"""`andecha run`: the whole town hall on this machine, until Ctrl-C."""

from __future__ import annotations

import fcntl
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import ConfigurationError
from web.cli.ports import answers, base_url_follows, check_free
from web.cli.supervision import Child

if TYPE_CHECKING:
    from engine.embedded import EmbeddedServer
    from engine.settings import Settings

_LOOK_SECONDS = 0.3
_STOP_SECONDS = 20
_START_SECONDS = 60


@click.command()
@click.option(
    "--port",
    default=8000,
    envvar="ANDECHA_WEB_PORT",
    type=click.IntRange(1, 65535),
    show_default=True,
    help="Puerto en el que escucha.",
)
@click.option("--host", default="127.0.0.1", envvar="ANDECHA_WEB_HOST", show_default=True)
@click.option(
    "--demo",
    default="full",
    type=click.Choice(["full", "small", "none"]),
    show_default=True,
    help="Cuánto del municipio de demostración se carga.",
)
def run(port: int, host: str, demo: str) -> int:
    """Levanta la base de datos, la demostración, la sede y el trabajador; lo que muere, vuelve.

    Ctrl-C para todo. Es para probar y para desarrollar: en producción se usan web y worker.
    """
    from engine.settings import load_settings

    signal.signal(signal.SIGTERM, _interrupt)
    base_url_follows(port)
    settings = load_settings()
    if not settings.demo:
        raise ConfigurationError(
            "«andecha run» no es para producción: use «andecha web» y «andecha worker»."
        )
    check_free(host, port)
    with _only_one(settings.data_dir):
        _Town(settings, host, port, demo).live()
    return 0


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Two of these on the same data would stop each other's database."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(
                f"Andecha ya está en marcha con los datos de {folder}: párela antes, o indique otra "
                "carpeta en ANDECHA_DATA."
            ) from None
        yield


class _Town:
    """The processes of a town hall on this machine."""

    def __init__(self, settings: Settings, host: str, port: int, demo: str) -> None:
        self._settings, self._host, self._port, self._demo = settings, host, port, demo
        self._logs = settings.data_dir / "logs"
        self._children: Sequence[Child] = (
            Child(("web", "--host", host, "--port", str(port)), self._logs / "web.log"),
            Child(("worker",), self._logs / "worker.log"),
        )
        self._server: EmbeddedServer | None = None

    def live(self) -> None:
        """Start everything, keep it alive until Ctrl-C or SIGTERM, stop everything."""
        try:
            self._prepare()
            self._start()
            while True:
                self._keep()
                time.sleep(_LOOK_SECONDS)
        except KeyboardInterrupt:
            click.echo("Parando…")
        finally:
            self._stop()

    def _prepare(self) -> None:
        """The database up to date and, the first time, the demonstration's town in it."""
        from engine.schema import upgrade

        if self._settings.database_url is None:
            from engine import embedded

            click.echo("Arrancando la base de datos…")
            self._server = embedded.start(self._settings.data_dir / "postgres")
            owner_url: str | None = self._server.owner_url
        else:
            owner_url = self._settings.owner_url
        if owner_url is None:
            raise ConfigurationError("Falta ANDECHA_OWNER_DATABASE_URL.")
        upgrade(owner_url)
        if self._demo != "none":
            self._load_demo()

    def _load_demo(self) -> None:
        from engine.logs import configure_logs
        from web.cli.townhall import opened
        from web.demo import load

        configure_logs()
        began = time.monotonic()
        with opened() as townhall:
            load(
                townhall,
                small=self._demo == "small",
                say=lambda text: click.echo(f"[{time.monotonic() - began:3.0f} s] {text}"),
            )

    def _start(self) -> None:
        """Start the processes and tell where the sede is once it answers."""
        click.echo("Arrancando la sede…")
        self._logs.mkdir(exist_ok=True)
        end = time.monotonic() + _START_SECONDS
        while not answers(self._host, self._port):
            self._keep()
            if time.monotonic() > end:
                raise ConfigurationError(f"La sede no arranca: mire {self._logs / 'web.log'}.")
            time.sleep(_LOOK_SECONDS)
        click.echo(
            f"{self._settings.town.name}: en marcha en {self._settings.base_url}\n"
            f"Los datos y los mensajes están en {self._settings.data_dir}. Ctrl-C para parar."
        )

    def _keep(self) -> None:
        """The database first: without it the others cannot start."""
        if self._server is not None and self._server.pid() is None:
            from engine import embedded

            self._server = embedded.start(self._server.data_dir)
        for child in self._children:
            child.keep()

    def _stop(self) -> None:
        """Stop all in order; a second Ctrl-C does not leave it half done."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for child in self._children:
            child.end()
        for child in self._children:
            child.wait(_STOP_SECONDS)
        if self._server is not None:
            self._server.stop()


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
