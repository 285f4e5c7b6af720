"""Write the documents that are made from the code, and check that the documents' links lead somewhere.

docs/cli.md comes from the commands' own help, docs/law-coverage.md from the rules of law and the tests,
docs/notifications.md from the states that a notification may have.

With --check nothing is written: it only says what is not up to date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import make_law_coverage
import make_notification_page

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ROOT / "docs" / "cli.md"
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEAD = """# The `andecha` command

Made by `make docs` from each command's help. Exit codes: 0 nothing blocking, 1 a blocking finding,
2 it cannot run. With `--json` a command prints machine-readable results; messages go to standard error.
"""


def main(arguments: list[str]) -> int:
    """Write or check; 1 when something is not right."""
    check = arguments == ["--check"]
    coverage, problems = make_law_coverage.coverage()
    for path, text in (
        (COMMANDS, commands_page()),
        (make_law_coverage.PAGE, coverage),
        (make_notification_page.PAGE, make_notification_page.page()),
    ):
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            problems.append(f"{path.relative_to(ROOT)} is not up to date: run «make docs».")
    problems += broken_links()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def commands_page() -> str:
    """The page with the help of every command."""
    from web.cli.main import cli

    parts = [_HEAD]
    for path, command in _commands(cli, "andecha"):
        context = click.Context(command, info_name=path, terminal_width=88, max_content_width=88)
        help_text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        parts.append(f"## {path}\n\n```\n{help_text}\n```\n")
    return "\n".join(parts)


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _commands(child, f"{path} {name}")


def broken_links() -> Iterator[str]:
    """Links between the documents that lead nowhere; addresses of the web are not asked for."""
    for document in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        for target in _LINK.findall(document.read_text(encoding="utf-8")):
            if target.startswith(("http://", "https://", "mailto:", "#")):
                continue
            if not (document.parent / target.partition("#")[0]).exists():
                yield f"{document.relative_to(ROOT)}: el enlace «{target}» no lleva a ningún sitio."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
