"""Services: what a room offers to models by name (`registry/enter`), with the workflow calling them.

A room above the workflow cannot be imported by it, and one below it needs no import to be called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

F = TypeVar("F", bound=Callable[..., Any])

SERVICES: dict[str, Callable[..., Any]] = {}


@dataclass(frozen=True)
class InstanceView:
    """What a service may know of the process instance that calls it.

    reference: names the calling token, to wake it later through the job `workflow.signal`.
    """

    id: UUID
    expediente_id: UUID | None
    definition_key: str
    element_id: str
    reference: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Wait:
    """A service's answer when its result comes later, as the signal with this reference."""

    reference: str


def service(name: str) -> Callable[[F], F]:
    """Register `def verb(act: Act, instance: InstanceView, **parameters)` as `room/verb`."""

    def decorate(function: F) -> F:
        if name in SERVICES:
            raise ValueError(f"two services are called {name}")
        SERVICES[name] = function
        return function

    return decorate
