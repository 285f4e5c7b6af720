"""The recurrent work of payments: attempts of which the gateway said nothing."""

from __future__ import annotations

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import TownHallError
from engine.jobs import duty
from engine.payments.models import AttemptState, PaymentAttempt
from engine.payments.operations import ATTEMPT_LIFE, expire_attempt
from engine.townhall import TownHall

_BATCH = 500

log = structlog.get_logger(__name__)


@duty("payments.expire_attempts", every=60)
def expire_attempts(townhall: TownHall) -> None:
    """Let go of the attempts that have waited too long, so that the page offers to pay again.

    Each in a transaction of its own: one that fails does not keep the others waiting.
    """
    with townhall.database.reading() as session:
        waiting = tuple(
            session.scalars(
                select(PaymentAttempt.id)
                .where(
                    PaymentAttempt.state == AttemptState.STARTED.value,
                    PaymentAttempt.started_at <= townhall.clock.now() - ATTEMPT_LIFE,
                )
                .order_by(PaymentAttempt.started_at)
                .limit(_BATCH)
            )
        )
    for attempt_id in waiting:
        try:
            expire_attempt(townhall.system("payments.expire_attempts"), attempt_id=attempt_id)
        except (TownHallError, SQLAlchemyError) as error:
            log.warning("attempt_not_expired", attempt=str(attempt_id), error=type(error).__name__)
