"""The jobs of migrations: a chunk of instances each, and what goes on by itself after."""

from __future__ import annotations

from uuid import UUID

from engine.jobs import job
from engine.townhall import Call
from engine.workflow.versions.models import RunKind
from engine.workflow.versions.operations import (
    GO_ON,
    MIGRATE_CHUNK,
    close_migration,
    go_on,
    migrate_instance,
    rehearse_instances,
    undo_instance,
)
from engine.workflow.versions.queries import kind_of, pending_instances


@job(MIGRATE_CHUNK)
def migrate_chunk(call: Call, *, run_id: str, chunk: int) -> None:
    """Look at the pending instances of a chunk; a chunk seen twice changes nothing the second time."""
    run = UUID(run_id)
    with call.townhall.database.reading() as session:
        kind = kind_of(session, run)
        pending = pending_instances(session, run, chunk)
    if kind is RunKind.REHEARSAL:
        rehearse_instances(call, run_id=run, chunk=chunk)
    else:
        one = migrate_instance if kind is RunKind.RUN else undo_instance
        for instance_id in pending:
            one(call, run_id=run, instance_id=instance_id)
    close_migration(call, run_id=run)


@job(GO_ON)
def let_go_on(call: Call, *, instance_id: str) -> None:
    """Let an instance that migrated go on by itself."""
    go_on(call, instance_id=UUID(instance_id))
