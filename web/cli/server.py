"""The web server: gunicorn with threads, the application loaded once and its processes forked from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

if TYPE_CHECKING:
    from flask import Flask

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - only heartbeats of the server's own processes
_REQUEST_SECONDS = 60
_STOP_SECONDS = 15


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn, with our settings instead of a file of its own."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn the options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application."""
        from web.wsgi import app

        _warm(app)
        return app


def _warm(app: Flask) -> None:
    """Read the catalogue once before forking: every process has it, and nobody waits for it."""
    with app.test_client() as client:
        client.get("/tramites")


def serve(host: str, port: int, *, workers: int, threads: int) -> None:
    """Serve until a signal says stop."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    options = {
        "bind": address,
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "preload_app": True,
        "timeout": _REQUEST_SECONDS,
        "graceful_timeout": _STOP_SECONDS,
        "loglevel": "warning",
        "proc_name": "andecha-web",
        "post_fork": _forget_connections,
        "control_socket_disable": True,
    }
    if _SHARED_MEMORY.is_dir():
        options["worker_tmp_dir"] = str(_SHARED_MEMORY)
    Server(options).run()


def _forget_connections(_server: object, _worker: object) -> None:
    """A forked process opens its own connections to the database: two may not share one."""
    from web.wsgi import townhall

    townhall.database.engine.dispose(close=False)
