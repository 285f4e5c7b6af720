"""A plan tried on an instance: what it would do, with nothing of it staying."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from engine.operation import Act
from engine.workflow.models import InstanceState, ProcessInstance
from engine.workflow.store import definition_by_hash
from engine.workflow.versions.models import MigrationPlan
from engine.workflow.versions.moving import CannotMigrate, Moved, move
from engine.workflow.versions.plan import Plan, from_texts
from engine.workflow.versions.report import Report

LIVE = (InstanceState.RUNNING.value, InstanceState.INCIDENT.value, InstanceState.SUSPENDED.value)
"""The states of the instances that may migrate."""


def plan_of(act: Act, row: MigrationPlan, choices: Mapping[str, str]) -> Plan:
    """A stored plan with these choices; raises BadInput for those that are none."""
    source = definition_by_hash(act.session, row.source_sha256)
    return from_texts(source, definition_by_hash(act.session, row.target_sha256), choices)


def tried(
    act: Act, models: Plan, plan: MigrationPlan, instance_id: UUID
) -> tuple[Moved | Report | None, int]:
    """What the plan does to an instance, undone; its report when it cannot; None when it moved on."""
    savepoint = act.session.begin_nested()
    try:
        instance = act.lock(ProcessInstance, instance_id)
        version = instance.version
        if not still(instance, plan.source_version, plan.source_sha256):
            return None, version
        try:
            return move(act, instance, models, plan.target_version, str(plan.id)), version
        except CannotMigrate as error:
            return error.report, version
    finally:
        # Also gives the lock back: a rehearsal keeps nobody waiting.
        savepoint.rollback()


def still(instance: ProcessInstance, version: int, sha256: str) -> bool:
    """Whether an instance lives and is still of a version."""
    known = (instance.definition_version, instance.model_sha256)
    return known == (version, sha256) and instance.state in LIVE
