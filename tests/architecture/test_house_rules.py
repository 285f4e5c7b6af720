"""The rules of the house that no linter knows (docs/architecture.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table, UniqueConstraint

from architecture.lists import our_tables
from engine.settings import ROOT

CODE = ("engine", "forms", "signatures", "web")
TEMPLATES = ROOT / "web" / "templates"
LONGEST = 400

LONG_MODULES: dict[str, str] = {}
"""Modules that may be longer, each with its reason."""

COMMITTING = {
    "engine/operation.py": "the operation itself",
    "engine/worker.py": "the attempts of a job, and a duty's lock",
    "engine/workflow/firing.py": "the attempts of a timer",
    "engine/record/sequencer.py": "the place of each event in the tree",
    "engine/db.py": "where a transaction is made",
    "engine/schema.py": "migrations",
    "engine/embedded.py": "the server's own databases",
    "web/cli/benchmarks/bare.py": "a scratch database, to measure what it takes by itself",
}
"""The modules that may open a transaction or commit, each with its reason."""

_PARTS = re.compile(
    r"<code[^>]*>.*?</code>|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!.*?>|<[^>]*>|&\w+;", re.DOTALL
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_NAMES = {"DIR", "ENI", "SHA", "CSV"}


def modules() -> list[Path]:
    return [path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py"))]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_every_public_function_of_an_operations_module_is_an_operation() -> None:
    wrong = [
        f"{named(path)}: {node.name}"
        for path in modules()
        if path.name == "operations.py"
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and not any(
            isinstance(item, ast.Call) and getattr(item.func, "id", "") == "operation"
            for item in node.decorator_list
        )
    ]
    assert not wrong, wrong


def test_nobody_else_opens_a_transaction_or_commits() -> None:
    wrong = [
        f"{named(path)}:{node.lineno}"
        for path in modules()
        if named(path) not in COMMITTING
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("transaction", "commit", "begin")
        and not node.args
    ]
    assert not wrong, wrong


def test_every_module_that_may_commit_is_there() -> None:
    assert all((ROOT / name).exists() for name in COMMITTING)


def test_the_web_asks_the_engine_and_writes_no_query_of_its_own() -> None:
    wrong = [
        f"{named(path)}:{node.lineno}"
        for path in modules()
        if named(path).startswith("web/") and "cli/" not in named(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("sqlalchemy")
        and any(
            alias.name in ("select", "insert", "update", "delete", "text") for alias in node.names
        )
    ]
    assert not wrong, wrong


def test_no_module_is_too_long_to_read() -> None:
    lengths = {
        named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()
    }
    wrong = {
        name: count
        for name, count in lengths.items()
        if count > LONGEST and name not in LONG_MODULES
    }
    assert not wrong, wrong
    assert all(lengths.get(name, 0) > LONGEST for name in LONG_MODULES), (
        "an exception is not needed"
    )


def test_nothing_prints_but_the_command_line_speaks() -> None:
    wrong = [
        f"{named(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("print", "breakpoint")
    ]
    assert not wrong, wrong


def test_time_is_read_from_the_clock_alone() -> None:
    allowed = {"engine/clock.py", "web/context.py"}
    wrong = [
        f"{named(path)}:{node.lineno}"
        for path in modules()
        if named(path) not in allowed and not named(path).startswith("signatures/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "utcnow", "today")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("datetime", "date")
    ]
    assert not wrong, wrong


def test_no_room_keeps_a_drawer_for_everything() -> None:
    wrong = [
        named(path) for path in modules() if path.stem in ("utils", "helpers", "misc", "common")
    ]
    assert not wrong, wrong


def templates() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


def test_no_template_has_style_or_script_of_its_own() -> None:
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\b(src|nonce)=)|javascript:")
    wrong = [
        f"{named(path)}: {found[0]}"
        for path in templates()
        for found in inline.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, wrong


def test_every_text_of_a_template_can_be_translated() -> None:
    wrong = [
        f"{named(path)}: {word}"
        for path in templates()
        for word in _WORD.findall(_PARTS.sub(" ", path.read_text(encoding="utf-8")))
        if word not in _NAMES
    ]
    assert not wrong, wrong


def test_every_template_is_used() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (*modules(), *templates())]
    wrong = [
        named(path)
        for path in templates()
        if not any(
            f'"{path.relative_to(TEMPLATES).as_posix()}"' in text or f'"{path.stem}"' in text
            for text in sources
        )
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("table", our_tables(), ids=lambda table: table.name)
def test_every_key_of_a_table_carries_the_entity(table: Table) -> None:
    assert list(_without_entity(table)) == []


def _without_entity(table: Table) -> Iterator[str]:
    first = next(iter(table.primary_key.columns), None)
    if first is None or first.name != "entity_id":
        yield "its primary key does not begin with entity_id"
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and "entity_id" not in constraint.columns:
            yield f"{constraint.name} is unique over every entity"
    for index in table.indexes:
        if index.unique and "entity_id" not in index.columns:
            yield f"{index.name} is unique over every entity"
    for key in table.foreign_key_constraints:
        if "entity_id" not in key.column_keys:
            yield f"{key.name} refers to rows of any entity"
