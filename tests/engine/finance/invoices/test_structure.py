"""Our structural check agrees with the official schemas, on what is right and on what is spoilt."""

from __future__ import annotations

import random
from copy import deepcopy
from pathlib import Path

import pytest
from lxml import etree

from engine.finance.invoices.structure import check_structure, version_of
from tests.engine.finance.invoices.conftest import SHARED, facturae

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the official schemas are not at hand")

SCHEMAS = {"3.2": "Facturaev3_2", "3.2.1": "Facturaev3_2_1", "3.2.2": "Facturaev3_2_2"}
MUTATIONS = 250


class _Local(etree.Resolver):
    """Answers the import of XMLDSig with the file beside the schema."""

    def resolve(self, url: str, _id: str, context: object):  # type: ignore[no-untyped-def]
        if "xmldsig" in url:
            return self.resolve_filename(str(SHARED / "schemas/xmldsig-core-schema.xsd"), context)
        return None


@pytest.fixture(scope="module")
def schemas() -> dict[str, etree.XMLSchema]:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    return {
        version: etree.XMLSchema(etree.parse(str(SHARED / "schemas" / f"{name}.xsd"), parser))
        for version, name in SCHEMAS.items()
    }


def sources() -> list[tuple[str, bytes]]:
    own = [(f"own {version}", facturae(version).encode()) for version in SCHEMAS]
    samples = sorted(Path(SHARED, "samples").glob("*.xml")) if SHARED.exists() else []
    return own + [(path.name, path.read_bytes()) for path in samples]


@pytest.mark.parametrize("name", [name for name, _ in sources()])
def test_the_check_agrees_with_the_official_schema_on_mutations(
    schemas: dict[str, etree.XMLSchema], name: str
) -> None:
    root = etree.fromstring(dict(sources())[name])
    version = version_of(root)
    assert version is not None
    assert bool(check_structure(root, version)) is not schemas[version].validate(root)
    chance = random.Random(name)  # noqa: S311 - a repeatable corpus, not a secret
    disagreements = []
    for _ in range(MUTATIONS):
        spoilt, what = mutate(root, chance)
        ours = not check_structure(spoilt, version)
        theirs = schemas[version].validate(spoilt)
        if ours is not theirs:
            disagreements.append((what, ours, theirs, str(schemas[version].error_log)[:300]))
    assert not disagreements


def mutate(root: etree._Element, chance: random.Random) -> tuple[etree._Element, str]:
    """A copy with one thing changed: an element removed, doubled, moved, renamed, or its value spoilt."""
    copy = deepcopy(root)
    nodes = [
        node for node in copy.iter() if isinstance(node.tag, str) and node.getparent() is not None
    ]
    node = chance.choice(nodes)
    parent = node.getparent()
    kind = chance.choice(
        ["remove", "double", "swap", "rename", "value", "value", "value", "attribute"]
    )
    if kind == "remove":
        parent.remove(node)
    elif kind == "double":
        node.addnext(deepcopy(node))
    elif kind == "swap":
        parent.append(node)
    elif kind == "rename":
        node.tag = f"{node.tag}x"
    elif kind == "attribute":
        node.set("extra", "1")
    elif len(node) == 0:
        node.text = chance.choice(
            ["", " ", "x", "1", "-1", "1.5", "1.50", "01", "ZZ", "2026-13-01", "9" * 300]
        )
    else:
        node.text = "stray"
    return copy, f"{kind} {node.tag} {node.text!r}"
