"""Which terms an incident extends: what people have to do and has not ended (art. 32.4)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_

from engine.deadlines.models import RUNNING, Deadline, DeadlineState
from engine.deadlines.rules import term_rules
from engine.deadlines.term import TermUnit


def unexpired(now: datetime) -> ColumnElement[bool]:
    """The terms under way at an instant that an incident may extend; one that is over never."""
    rules = [rule.key for rule in term_rules().values() if rule.incident]
    return and_(
        Deadline.state.in_(RUNNING),
        Deadline.rule.in_(rules),
        Deadline.term.not_like(f"% {TermUnit.HOURS.value}"),
        or_(
            Deadline.state == DeadlineState.SUSPENDED.value,
            Deadline.due_at >= now.replace(microsecond=0),
        ),
    )
