"""What the clock of an expediente says, as pages and calendars read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from engine.deadlines.models import DeadlineState
from engine.expedientes.silence.models import SilenceEffect


@dataclass(frozen=True)
class ClockSuspension:
    """A time in which the term stands still (art. 22).

    cause: its code in the data of suspensions; title: the cause in plain words; ends_on: the last
    day that does not count, None while it lasts; lifts_at: when it ends by itself, if it does.
    """

    id: UUID
    cause: str
    title: str
    article: str
    reason: str
    starts_on: date
    ends_on: date | None
    lifts_at: datetime | None
    document_id: UUID | None
    ended_document_id: UUID | None

    @property
    def lasts(self) -> bool:
        return self.ends_on is None


@dataclass(frozen=True)
class ClockExtension:
    """More time for the term (arts. 23 and 32): how much, by which article, why, when decided."""

    kind: str
    amount: str
    article: str
    reason: str
    decided_at: datetime
    document_id: UUID | None


@dataclass(frozen=True)
class ClockChange:
    """A time at which the last day of the term moved, and why."""

    at: datetime
    kind: str
    article: str
    why: str
    previous_due_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True)
class ClockSilence:
    """What happens, or happened, when the term ends unanswered.

    effect: None where the law gives none; text: what the procedure says of it; falls_at: the first
    instant after the term, while it may still come; fell_at: the same once it came; recorded_at:
    when the engine wrote it down; certificate_due_at: last day to issue the certificate (art. 24.4);
    requested_at: when the person asked for it.
    """

    effect: SilenceEffect | None
    text: str
    falls_at: datetime | None
    fell_at: datetime | None = None
    recorded_at: datetime | None = None
    article: str = ""
    certificate_id: UUID | None = None
    certificate_issued_at: datetime | None = None
    certificate_due_at: datetime | None = None
    requested_at: datetime | None = None

    @property
    def fell(self) -> bool:
        return self.fell_at is not None

    @property
    def may_be_asked_for(self) -> bool:
        """Whether its person may ask for the certificate, which is not issued yet (art. 24.4)."""
        waits = self.certificate_issued_at is None and self.requested_at is None
        return self.fell and self.effect is not SilenceEffect.EXPIRY and waits


@dataclass(frozen=True)
class ClockCommunication:
    """The communication of art. 21.4: until when it has to be sent, when it was, whether late."""

    due_at: datetime
    sent_at: datetime | None
    late: bool


@dataclass(frozen=True)
class ExpedienteClock:
    """The maximum term to resolve and notify of an expediente, today (PLZ-20).

    state: None while the term could not be opened (its year's calendar is not published);
    term: its length in words; consumed_days, suspended_days: natural days, until it ended or today;
    left: business days left, negative once it is over, None when it is far or has ended;
    stopped_by: in words, what keeps it from running now; urgent: halved (art. 33); simplified: by
    the simplified procedure (art. 96); derivation: as `Deadline.derivation`.
    """

    expediente_id: UUID
    number: str
    procedure_title: str
    deadline_id: UUID | None
    rule: str
    title: str
    article: str
    term: str
    starts_at: datetime
    due_at: datetime | None
    state: DeadlineState | None
    ended_at: datetime | None
    consumed_days: int
    suspended_days: int
    left: int | None
    stopped_by: tuple[str, ...]
    urgent: bool
    simplified: bool
    unit_name: str
    organ: str
    on_request: bool
    silence: ClockSilence
    communication: ClockCommunication | None
    suspensions: tuple[ClockSuspension, ...]
    extensions: tuple[ClockExtension, ...]
    changes: tuple[ClockChange, ...]
    derivation: Mapping[str, Any]

    @property
    def running(self) -> bool:
        """Whether its days count now."""
        return self.state is DeadlineState.OPEN

    @property
    def suspended(self) -> bool:
        return self.state is not None and self.state.value == "suspended"
