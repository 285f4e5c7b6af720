"""Style sheets, scripts and fonts: built from the installed packages into web/static/vendor.

`python -m web.assets` builds them, with a hash of the content in each name. Without them the pages
are plain but whole.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import structlog

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
VENDOR = STATIC / "vendor"
STATIC_PREFIX = "static/"
_MODULES = HERE.parent / "node_modules"
_MANIFEST = VENDOR / "manifest.json"
_HASHED = re.compile(r"\.[0-9a-f]{12}\.[a-z0-9]+$")
_log = structlog.get_logger()

_FONTS = ("latin-400-normal", "latin-700-normal", "latin-ext-400-normal", "latin-ext-700-normal")
_FONT_PACKAGE = "@fontsource/atkinson-hyperlegible-next/files/atkinson-hyperlegible-next"
_SCRIPTS = {
    "govuk-frontend.js": "govuk-frontend/dist/govuk/govuk-frontend.min.js",
}


@cache
def manifest() -> dict[str, str]:
    """The file that stands for each name; empty, with one line in the log, when nothing was built."""
    if not _MANIFEST.exists():
        _log.warning("assets_missing", advice="run: make setup")
        return {}
    found: dict[str, str] = json.loads(_MANIFEST.read_text(encoding="utf-8"))
    return found


def asset_address(name: str) -> str:
    """The address of a style sheet, a script, a font or an image."""
    return f"/{STATIC_PREFIX}vendor/{manifest().get(name, name)}"


def is_immutable(_path: str, url: str) -> bool:
    """Whether a browser may keep the file for ever: its name carries its hash."""
    return _HASHED.search(url) is not None


def build() -> None:
    """Build everything into a folder beside, and put it in place at the end."""
    making = STATIC / "vendor.making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    names: dict[str, str] = {}
    for font in _FONTS:
        source = _MODULES / f"{_FONT_PACKAGE}-{font}.woff2"
        names[f"{font}.woff2"] = _write(making, f"{font}.woff2", source.read_bytes())
    for image in sorted((HERE / "images").iterdir()):
        names[image.name] = _write(making, image.name, image.read_bytes())
    for name, package in _SCRIPTS.items():
        script = re.sub(rb"//# sourceMappingURL=.*\n?", b"", (_MODULES / package).read_bytes())
        names[name] = _write(making, name, script)
    for script_file in sorted((HERE / "scripts").glob("*.js")):
        text = _renamed(script_file.read_text(encoding="utf-8"), names)
        names[script_file.name] = _write(making, script_file.name, text.encode())
    for sheet in sorted((HERE / "styles").glob("[!_]*.scss")):
        text = _renamed(_compile(sheet), names)
        names[f"{sheet.stem}.css"] = _write(making, f"{sheet.stem}.css", text.encode())
    (making / "manifest.json").write_text(json.dumps(names, indent=1), encoding="utf-8")
    shutil.rmtree(VENDOR, ignore_errors=True)
    making.rename(VENDOR)


def _write(folder: Path, name: str, content: bytes) -> str:
    stem, _, suffix = name.rpartition(".")
    hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
    (folder / hashed).write_bytes(content)
    return hashed


def _renamed(text: str, names: dict[str, str]) -> str:
    """The text with `./name` written as `./name.hash`, in imports and in addresses."""
    return re.sub(
        r"(\./)([\w.-]+\.(?:js|woff2|svg))",
        lambda found: found[1] + names.get(found[2], found[2]),
        text,
    )


def _compile(sheet: Path) -> str:
    """The style sheet, by sass; its failure is shown as sass tells it."""
    done = subprocess.run(
        [
            str(_MODULES / ".bin" / "sass"),
            "--style=compressed",
            "--no-source-map",
            "--quiet-deps",
            f"--load-path={_MODULES}",
            str(sheet),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return done.stdout


if __name__ == "__main__":
    build()
