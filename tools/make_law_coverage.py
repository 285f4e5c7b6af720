"""Write docs/law-coverage.md: each rule of law, its articles, the tests that prove it, what is left to people.

The rules are docs/law-rules.toml. A test proves those whose ids its docstring or its name carries, and a
scenario of a procedure those of its title.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "docs" / "law-rules.toml"
PAGE = ROOT / "docs" / "law-coverage.md"
TESTS = ROOT / "tests"
PROCESSES = ROOT / "processes"
_ID_OF_A_NAME = re.compile(r"^(?:[a-z]{3}_\d+_(?:and_)?)+|^(?:[A-Z]{3}-\d+(?:, )?)+: ")

_HEAD = """# The law and its tests

Made by `make docs` from `docs/law-rules.toml` and from the ids that tests carry in their docstrings and
names. For each rule: the articles, what it asks for in our own words, the tests that prove it, what is
left to people and what is not there yet. It is no legal advice: a town's secretary and controller
review it before production.

Abbreviations: L39, Ley 39/2015; L40, Ley 40/2015; RD203, Real Decreto 203/2021; L19, Ley 19/2013; LBRL,
Ley 7/1985; LJCA, Ley 29/1998; TRLRHL, Real Decreto Legislativo 2/2004.
"""


class RulesError(ValueError):
    """The file of rules cannot be taken; the message says why."""


@dataclass(frozen=True)
class Family:
    """Rules of one matter. proof: each of them needs a test unless it is for people alone."""

    key: str
    title: str
    proof: bool


@dataclass(frozen=True)
class Rule:
    """A rule of law; people and missing are empty where there is nothing to say.

    people_alone: no computer can check any of it.
    """

    id: str
    articles: str
    statement: str
    people: str
    missing: str
    people_alone: bool = False

    @property
    def family(self) -> str:
        return self.id.partition("-")[0]


@dataclass(frozen=True, order=True)
class Proof:
    """A test or a scenario that carries a rule's id; path from the root of the repository."""

    path: str
    name: str

    @property
    def sentence(self) -> str:
        return _ID_OF_A_NAME.sub("", self.name.removeprefix("test_")).replace("_", " ")


@dataclass(frozen=True)
class Rules:
    """The families in their order, and the rules."""

    families: tuple[Family, ...]
    rules: tuple[Rule, ...]


def read_rules(path: Path = RULES) -> Rules:
    """The rules of a file; raises RulesError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        families = tuple(
            Family(item["key"], item["title"], item["proof"]) for item in raw["family"]
        )
        rules = tuple(
            Rule(
                item["id"],
                item["articles"],
                item["statement"],
                item.get("people", ""),
                item.get("missing", ""),
                bool(item.get("people_alone", False)),
            )
            for item in raw["rule"]
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise RulesError(f"{path.name}: {error}") from error
    if silent := [rule.id for rule in rules if rule.people_alone and not rule.people]:
        raise RulesError(f"{path.name}: {silent} does not say what is left to people")
    known = {rule.id for rule in rules}
    if len(known) != len(rules):
        raise RulesError(f"{path.name}: a rule is there twice")
    for family in families:
        count = sum(rule.family == family.key for rule in rules)
        if missing := [n for n in range(1, count + 1) if f"{family.key}-{n}" not in known]:
            raise RulesError(f"{path.name}: {family.key} lacks {missing}")
    if strange := {rule.family for rule in rules} - {family.key for family in families}:
        raise RulesError(f"{path.name}: no family is called {sorted(strange)}")
    return Rules(families, rules)


def proofs(folder: Path, families: Iterable[str]) -> dict[str, list[Proof]]:
    """The tests of a folder by the id that they carry, also ids that no rule has."""
    found: dict[str, list[Proof]] = {}
    keys = tuple(families)
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                proof = Proof(path.relative_to(folder.parent).as_posix(), node.name)
                named = ids_in(_spelled(node.name, keys), keys)
                for identifier in dict.fromkeys(
                    (*ids_in(ast.get_docstring(node) or "", keys), *named)
                ):
                    found.setdefault(identifier, []).append(proof)
    return found


def scenarios(folder: Path, families: Iterable[str]) -> dict[str, list[Proof]]:
    """The scenarios of the procedures of a folder by the ids in their titles."""
    found: dict[str, list[Proof]] = {}
    keys = tuple(families)
    for path in sorted(folder.glob("**/tests/*.json")):
        title = str(json.loads(path.read_text(encoding="utf-8")).get("title", ""))
        for identifier in ids_in(title, keys):
            proof = Proof(path.relative_to(folder.parent).as_posix(), title)
            found.setdefault(identifier, []).append(proof)
    return found


def _spelled(name: str, families: Sequence[str]) -> str:
    """The name of a test with the ids in it as a text writes them: `plz_9` is PLZ-9."""
    pattern = re.compile(rf"(?<![a-z])({'|'.join(families)})_(\d+)(?!\d)", re.IGNORECASE)
    return " ".join(f"{key.upper()}-{number}" for key, number in pattern.findall(name))


def ids_in(text: str, families: Sequence[str]) -> tuple[str, ...]:
    """The ids that a text carries, in their order, each once.

    «PLZ-1 to PLZ-4», «SIL-1…4» and «PLZ-1–4» are every one between both; «PLZ-5, 6 and 8» and
    «PLZ-5/6» are lists. A number after a comma that other words follow («PLZ-9, 10 days») is none.
    """
    return tuple(dict.fromkeys(_ids(text, families)))


def _ids(text: str, families: Sequence[str]) -> Iterator[str]:
    first = re.compile(rf"\b({'|'.join(families)})-(\d+)(?!\d)")
    more = re.compile(
        r"\s*(?P<how>…|\.\.\.?|–|-|\bto\b|\ba\b|\bal\b|,\s*and\b|,\s*y\b|,|/|\band\b|\by\b)\s*"
        r"(?:(?P<family>[A-Z]{3})-)?(?P<number>\d{1,2})(?!\d)"
    )
    ends = re.compile(r"\s*(?:$|[,.;:)\]»/…–-]|and\b|y\b|to\b)")
    for found in first.finditer(text):
        family, number, at = found[1], int(found[2]), found.end()
        yield f"{family}-{number}"
        while following := more.match(text, at):
            other, last = following["family"], int(following["number"])
            if other not in (None, family):
                break
            is_range = following["how"] not in (",", "/", "and", "y") and not following[
                "how"
            ].startswith(",")
            if other is None and not is_range and not ends.match(text, following.end()):
                break
            if is_range and last > number:
                yield from (f"{family}-{each}" for each in range(number + 1, last + 1))
            else:
                yield f"{family}-{last}"
            number, at = last, following.end()


def problems(rules: Rules, found: Mapping[str, Sequence[Proof]]) -> list[str]:
    """What is not right: ids that no rule has, and rules that need a proof and have nothing."""
    known = {rule.id: rule for rule in rules.rules}
    wrong = [
        f"{proof.path}: {proof.name} carries {identifier}, which docs/law-rules.toml does not have."
        for identifier in sorted(set(found) - set(known))
        for proof in found[identifier]
    ]
    proven = {family.key for family in rules.families if family.proof}
    for rule in rules.rules:
        if rule.id in found:
            continue
        if rule.family in proven and not rule.people_alone:
            wrong.append(f"{rule.id} has no test: what a computer can check of it needs one.")
        if rule.family not in proven and not (rule.people or rule.missing):
            wrong.append(f"{rule.id} has no test, and nothing says what is missing.")
    return wrong


def page(rules: Rules, found: Mapping[str, Sequence[Proof]]) -> str:
    """The page, in Markdown."""
    parts = [_HEAD, _table(rules, found)]
    for family in rules.families:
        parts.append(f"## {family.key}: {family.title}\n")
        parts += [
            _section(rule, found.get(rule.id, ()))
            for rule in rules.rules
            if rule.family == family.key
        ]
    return "\n".join(parts)


def _table(rules: Rules, found: Mapping[str, Sequence[Proof]]) -> str:
    lines = ["| rules | of them with a test | tests |", "|---|---|---|"]
    for family in rules.families:
        own = [rule.id for rule in rules.rules if rule.family == family.key]
        tested = [identifier for identifier in own if identifier in found]
        tests = {proof for identifier in tested for proof in found[identifier]}
        lines.append(
            f"| {family.key}-1 to {family.key}-{len(own)}: {family.title.lower()} "
            f"| {len(tested)} of {len(own)} | {len(tests)} |"
        )
    return "\n".join(lines) + "\n"


def _section(rule: Rule, tests: Sequence[Proof]) -> str:
    lines = [f"### {rule.id}", "", f"*{rule.articles}.* {rule.statement}", ""]
    if tests:
        lines += [f"- [{proof.sentence}](../{proof.path})" for proof in sorted(set(tests))]
    else:
        lines.append("- No test.")
    if rule.people:
        lines.append(f"- **Left to people.** {rule.people}")
    if rule.missing:
        lines.append(f"- **Not yet.** {rule.missing}")
    return "\n".join(lines) + "\n"


def coverage() -> tuple[str, list[str]]:
    """The page as it should be, and what is not right."""
    rules = read_rules()
    keys = [family.key for family in rules.families]
    found = proofs(TESTS, keys)
    for identifier, more in scenarios(PROCESSES, keys).items():
        found.setdefault(identifier, []).extend(more)
    return page(rules, found), problems(rules, found)
