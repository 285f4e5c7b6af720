"""Work whose recursion follows the length of a model: done in a thread with a large stack."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_STACK_BYTES = 512 * 1024 * 1024
_RECURSION = 200_000
_lock = threading.Lock()


def in_deep_stack(work: Callable[[], T]) -> T:
    """The result of `work`; what it raises is raised here. One at a time in each process."""
    result: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failure.append(error)

    with _lock:
        previous, limit = threading.stack_size(_STACK_BYTES), sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _RECURSION))
        try:
            thread = threading.Thread(target=run)
            thread.start()
        finally:
            threading.stack_size(previous)
        thread.join()
        sys.setrecursionlimit(limit)
    if failure:
        raise failure[0]
    return result[0]
