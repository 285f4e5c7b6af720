"""The port that the sede listens on: whether it is free, and the address that people type."""

from __future__ import annotations

import os
import socket

from engine.errors import ConfigurationError


def check_free(host: str, port: int) -> None:
    """Raise ConfigurationError when somebody else listens there; a socket of systemd's needs no port."""
    if "LISTEN_FDS" in os.environ:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"No se puede usar el puerto {port} de {host} ({error.strerror}): "
                "indique otro con --port."
            ) from None


def base_url_follows(port: int) -> None:
    """Outside production the documents print the address of this port, unless another was given."""
    if os.environ.get("ANDECHA_ENV", "demo") != "production":
        os.environ.setdefault("ANDECHA_BASE_URL", f"http://localhost:{port}")


def answers(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
