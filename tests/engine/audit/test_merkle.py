"""The Merkle tree agrees with RFC 6962's own vectors, and its proofs prove only what is so."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.events import leaf_hash
from engine.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The eight entries of the Certificate Transparency reference tests, and the root over them.
ENTRIES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOT_OF_EIGHT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def leaves_of(count: int) -> list[bytes]:
    return [leaf_hash(f"event {number}".encode()) for number in range(count)]


def test_the_root_of_the_reference_entries_is_the_reference_root() -> None:
    leaves = [leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES]
    assert root_of(leaves).hex() == ROOT_OF_EIGHT


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_a_frontier_survives_being_stored() -> None:
    frontier = Frontier()
    for count, leaf in enumerate(leaves_of(70), start=1):
        frontier = Frontier.from_bytes(frontier.size, frontier.to_bytes())
        frontier.append(leaf)
        assert frontier.root() == root_of(leaves_of(count))


def test_a_frontier_with_a_hash_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="frontier"):
        Frontier(3, [b"x" * 32])


@given(st.integers(1, 70), st.data())
def test_an_inclusion_proof_holds_for_its_leaf_and_for_no_other(
    size: int, data: st.DataObject
) -> None:
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(_reader(leaves), index, size)
    root = root_of(leaves)
    assert verify_inclusion(leaves[index], index, size, proof, root)
    assert not verify_inclusion(leaf_hash(b"other"), index, size, proof, root)
    assert not verify_inclusion(leaves[index], index, size, [*proof, root], root)
    if size > 1:
        assert not verify_inclusion(leaves[index], (index + 1) % size, size, proof, root)


@given(st.integers(1, 70), st.data())
def test_a_consistency_proof_holds_between_two_sizes_of_one_log(
    size: int, data: st.DataObject
) -> None:
    leaves = leaves_of(size)
    old = data.draw(st.integers(1, size))
    proof = consistency_proof(_reader(leaves), old, size)
    old_root, new_root = root_of(leaves[:old]), root_of(leaves)
    assert verify_consistency(old, size, old_root, new_root, proof)
    rewritten = [leaf_hash(b"rewritten"), *leaves[1:]]
    if old < size:
        assert not verify_consistency(old, size, old_root, root_of(rewritten), proof)


def _reader(leaves: Sequence[bytes]):  # type: ignore[no-untyped-def]
    return lambda start, end: leaves[start:end]
