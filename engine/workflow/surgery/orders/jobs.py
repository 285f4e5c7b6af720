"""What was ordered on many instances, done one by one."""

from __future__ import annotations

from uuid import UUID

from engine.errors import TownHallError
from engine.jobs import job
from engine.townhall import Call
from engine.workflow.surgery.orders.operations import JOB, end_order, fail_step, take_step
from engine.workflow.surgery.orders.queries import waiting_steps


@job(JOB)
def intervene(call: Call, *, intervention_id: str) -> None:
    """Take each instance of an order in a transaction of its own; what fails leaves its instance alone.

    Given twice, or begun again after a worker died, it goes on with those that were not taken.
    """
    identifier = UUID(intervention_id)
    with call.townhall.database.reading() as session:
        waiting = waiting_steps(session, identifier)
    for step_id in waiting:
        try:
            take_step(call, step_id=step_id)
        except TownHallError as error:
            fail_step(call, step_id=step_id, message=error.message)
    end_order(call, intervention_id=identifier)
