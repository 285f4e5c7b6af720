"""The Merkle tree of RFC 6962 section 2.1: roots, frontiers, inclusion and consistency proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_BYTES = 32


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The complete subtrees of a growing tree: log₂ n hashes are enough to append and to know the root."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count():
            raise ValueError("a frontier holds one hash for each bit set in its size")
        self.size = size
        self._hashes = list(hashes)

    @classmethod
    def from_bytes(cls, size: int, packed: bytes) -> Frontier:
        """A frontier as a checkpoint row keeps it: 32 bytes a hash, largest subtree first."""
        hashes = [packed[i : i + HASH_BYTES] for i in range(0, len(packed), HASH_BYTES)]
        return cls(size, hashes)

    def to_bytes(self) -> bytes:
        return b"".join(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        current, size = leaf, self.size
        while size & 1:
            current = node_hash(self._hashes.pop(), current)
            size >>= 1
        self._hashes.append(current)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree so far."""
        if not self._hashes:
            return EMPTY_ROOT
        current = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            current = node_hash(left, current)
        return current


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def subtree_root(leaves: Callable[[int, int], Sequence[bytes]], start: int, end: int) -> bytes:
    """The root over leaves[start:end], read through a function so that a table can answer."""
    return root_of(leaves(start, end))


def inclusion_proof(
    leaves: Callable[[int, int], Sequence[bytes]], index: int, size: int
) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves, lowest hash first."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    return _path(leaves, index, 0, size)


def _path(
    leaves: Callable[[int, int], Sequence[bytes]], index: int, start: int, end: int
) -> list[bytes]:
    if end - start == 1:
        return []
    split = start + _largest_power_below(end - start)
    if index < split:
        return [*_path(leaves, index, start, split), subtree_root(leaves, split, end)]
    return [*_path(leaves, index, split, end), subtree_root(leaves, start, split)]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether `proof` shows the leaf at `index` in the tree (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, current = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            current = node_hash(step, current)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            current = node_hash(current, step)
        node >>= 1
        last >>= 1
    return last == 0 and current == root


def consistency_proof(
    leaves: Callable[[int, int], Sequence[bytes]], old: int, new: int
) -> list[bytes]:
    """The proof that the tree of `old` leaves is a prefix of the tree of `new` (RFC 6962 2.1.2)."""
    if not 0 < old <= new:
        raise ValueError("the old size is between 1 and the new one")
    return [] if old == new else _consistency(leaves, old, 0, new, whole=True)


def _consistency(
    leaves: Callable[[int, int], Sequence[bytes]],
    old: int,
    start: int,
    end: int,
    *,
    whole: bool,
) -> list[bytes]:
    if old == end:
        return [] if whole else [subtree_root(leaves, start, end)]
    split = start + _largest_power_below(end - start)
    if old <= split:
        return [
            *_consistency(leaves, old, start, split, whole=whole),
            subtree_root(leaves, split, end),
        ]
    return [
        *_consistency(leaves, old, split, end, whole=False),
        subtree_root(leaves, start, split),
    ]


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows that the new tree extends the old one (RFC 9162 section 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node >>= 1
        last >>= 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            second = node_hash(second, step)
        node >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root


def _largest_power_below(count: int) -> int:
    """The largest power of two strictly below `count` (count ≥ 2)."""
    return 1 << ((count - 1).bit_length() - 1)
