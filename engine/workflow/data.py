"""The data of a task: what was written since the place where the open tasks part, over what was there.

What was there is read from the database only if somebody asks for it, so that a step costs the same
whatever an instance has gathered. Values are never changed in place: neither FEEL nor services do it.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    ItemsView,
    Iterator,
    KeysView,
    Mapping,
    MutableMapping,
    ValuesView,
)
from typing import Any

_MISSING = object()


class StoredData(Mapping[str, Any]):
    """Data that is read whole the first time that somebody asks for any of it."""

    def __init__(self, read: Callable[[], Mapping[str, Any]]) -> None:
        self._read = read
        self._values: Mapping[str, Any] | None = None

    @property
    def values_read(self) -> Mapping[str, Any]:
        """The values, read now if they were not."""
        if self._values is None:
            self._values = self._read()
        return self._values

    def __getitem__(self, key: str) -> Any:
        return self.values_read[key]

    def __contains__(self, key: object) -> bool:
        return key in self.values_read

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_read)

    def __len__(self) -> int:
        return len(self.values_read)


NOTHING: Mapping[str, Any] = {}


class TaskData(MutableMapping[str, Any]):
    """What a task knows: `new` over `base` without the keys that are `gone`."""

    __slots__ = ("base", "gone", "new")

    def __init__(
        self,
        values: Mapping[str, Any] | None = None,
        base: Mapping[str, Any] = NOTHING,
        gone: frozenset[str] = frozenset(),
    ) -> None:
        self.new: dict[str, Any] = dict(values) if values else {}
        self.base = base
        self.gone = gone

    def __getitem__(self, key: str) -> Any:
        found = self.new.get(key, _MISSING)
        if found is not _MISSING:
            return found
        if key in self.gone:
            raise KeyError(key)
        return self.base[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, else the default."""
        found = self.new.get(key, _MISSING)
        if found is not _MISSING:
            return found
        return default if key in self.gone else self.base.get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self.new or (key not in self.gone and key in self.base)

    def __setitem__(self, key: str, value: Any) -> None:
        self.new[key] = value
        if key in self.gone:
            self.gone = self.gone - {key}

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self.new.pop(key, None)
        if key in self.base:
            self.gone = self.gone | {key}

    def whole(self) -> dict[str, Any]:
        """Everything as a plain dictionary."""
        if not self.base:
            return dict(self.new)
        kept = {key: value for key, value in self.base.items() if key not in self.gone}
        return {**kept, **self.new}

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole())

    def __len__(self) -> int:
        return len(self.whole())

    def keys(self) -> KeysView[str]:
        """The keys."""
        return self.whole().keys()

    def values(self) -> ValuesView[Any]:
        """The values."""
        return self.whole().values()

    def items(self) -> ItemsView[str, Any]:
        """The entries."""
        return self.whole().items()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and self.whole() == dict(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"TaskData({self.new!r}, base={type(self.base).__name__})"

    def copy(self) -> TaskData:
        """Another one that starts equal."""
        return TaskData(self.new, self.base, self.gone)

    __copy__ = copy

    def __deepcopy__(self, _memo: object) -> TaskData:
        """The values are shared: nobody changes them in place."""
        return self.copy()


def inherited(own: Mapping[str, Any], above: Mapping[str, Any]) -> TaskData:
    """The data of a task that takes what the one above it knows, over what it has."""
    if isinstance(above, TaskData):
        known = TaskData(own.new if isinstance(own, TaskData) else own, above.base, above.gone)
        known.new.update(above.new)
        return known
    return TaskData({**own, **above})


def difference(
    data: Mapping[str, Any], above: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What `data` has that `above` has not, or has otherwise, and the keys that it lacks."""
    gone: frozenset[str] = frozenset()
    if isinstance(data, TaskData) and isinstance(above, TaskData) and data.base is above.base:
        gone = data.gone - above.gone
        data, above = data.new, above.new
    added = {}
    for key, value in data.items():
        known = above.get(key, _MISSING)
        if known is not value and (known is _MISSING or not _same(known, value)):
            added[key] = value
    lacking = [key for key in above if key not in data]
    return added, tuple(sorted({*lacking, *gone}))


_PLAIN = (str, bool, int, type(None))


def _same(left: Any, right: Any) -> bool:
    """Whether two values are surely stored alike: `1.0` and `1.00`, or `1` and `true`, are not."""
    return type(left) is type(right) and isinstance(left, _PLAIN) and left == right
