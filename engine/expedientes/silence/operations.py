"""Every change of a silence: it falls, its certificate is asked for and issued, it never was."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from engine.deadlines.calendars import NoCalendarForYear
from engine.deadlines.models import Deadline, DeadlineState
from engine.deadlines.operations import end_deadline, open_deadline
from engine.documents import operations as documents
from engine.documents.models import Document, DocumentState
from engine.errors import BadInput, NotFound, RuleBroken
from engine.expedientes.access import require_power
from engine.expedientes.contributions import Contribution, present
from engine.expedientes.models import WITHDRAWING, Expediente, ExpedienteState
from engine.expedientes.queries import may_access
from engine.expedientes.silence.certificate import render_certificate, told
from engine.expedientes.silence.models import Silence, SilenceEffect
from engine.expedientes.silence.senses import fallen
from engine.operation import Act, operation
from engine.procedures.queries import procedure
from engine.procedures.silence import NEGATIVE, NONE, POSITIVE
from engine.registry.receipt import Section

CERTIFICATE = "silence_certificate"
"""The rule of the fifteen days to issue the certificate (art. 24.4)."""

CERTIFY = "silence.certify"
_SECOND = timedelta(seconds=1)
_ON_REQUEST = "art. 24.1 de la Ley 39/2015"
_CHOSEN = (POSITIVE, NEGATIVE, NONE)
_OF_OFFICE = "art. 25.1.a de la Ley 39/2015"


@operation("silence.fall", basis="arts. 24 y 25 de la Ley 39/2015")
def fall(act: Act, *, expediente_id: UUID) -> bool:
    """Record what the end of the maximum term means, at the instant after its last second (SIL-1).

    Nothing happens while the term runs, stands still or was met, and in what has ended or was
    withdrawn. The certificate is made by job at once, so that nothing in it keeps silence from being
    recorded (SIL-3).
    """
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    term = None if row.deadline_id is None else act.lock(Deadline, row.deadline_id)
    if term is None or not _falls(act, row, term):
        act.note(effect=False)
        return False
    effect, fell_at = SilenceEffect(row.silence_effect or ""), term.due_at + _SECOND
    end_deadline(act, deadline_id=term.id, state=DeadlineState.EXPIRED, at=fell_at)
    silence = Silence(
        expediente_id=row.id,
        deadline_id=term.id,
        effect=effect.value,
        article=_article(act, row, effect),
        fell_at=fell_at,
        recorded_at=act.now,
    )
    act.session.add(silence)
    act.session.flush()
    if effect is not SilenceEffect.EXPIRY and row.person_id is not None:
        silence.certificate_deadline_id = _days_to_issue(act, row, term.due_at)
        act.defer(CERTIFY, lock=f"silence:{silence.id}", silence_id=silence.id)
    act.note(sense=effect, fell_at=fell_at, article=silence.article, deadline=term.id)
    _wake(act, row, silence)
    return True


def _falls(act: Act, row: Expediente, term: Deadline) -> bool:
    return (
        row.state == ExpedienteState.OPEN.value
        and row.phase != WITHDRAWING
        and row.silence_effect is not None
        and term.state == DeadlineState.OPEN.value
        and term.due_at + _SECOND <= act.now
    )


def _article(act: Act, row: Expediente, effect: SilenceEffect) -> str:
    if effect is SilenceEffect.EXPIRY:
        known = procedure(act.session, row.procedure_key, row.procedure_version)
        law = "" if known.expiry is None else known.expiry.law
        return f"art. 25.1.b de la Ley 39/2015; {law}"
    if row.silence_article:
        return row.silence_article
    return _ON_REQUEST if row.entry_id is not None else _OF_OFFICE


def _days_to_issue(act: Act, row: Expediente, since: datetime) -> UUID | None:
    try:
        return open_deadline(act, rule=CERTIFICATE, starts_at=since, expediente_id=row.id).id
    except NoCalendarForYear:
        return None


def _wake(act: Act, row: Expediente, silence: Silence) -> None:
    """Tell the process that waits for the end of its term, if it does."""
    if row.silence_reference is None:
        return
    result = {
        "effect": silence.effect,
        "at": silence.fell_at.isoformat(),
        "article": silence.article,
    }
    act.defer("workflow.signal", reference=row.silence_reference, result=result)
    row.silence_reference = None


@operation("silence.certify", basis="art. 24.4 de la Ley 39/2015")
def certify(act: Act, *, silence_id: UUID) -> bool:
    """Make the certificate, rendered and sealed by job; false when it is made, or there was no silence."""
    found = act.get(Silence, silence_id)
    row = act.lock(Expediente, found.expediente_id)
    silence = act.lock(Silence, silence_id)
    act.about("expediente", row.id, row.id)
    if silence.certificate_id is not None or silence.annulled_at is not None:
        act.note(effect=False)
        return False
    term = act.get(Deadline, silence.deadline_id)
    silence.certificate_id = render_certificate(act, row, term, silence).id
    act.note(certificate=silence.certificate_id)
    return True


@operation("silence.classify", basis="art. 24.1 de la Ley 39/2015")
def classify(act: Act, *, expediente_id: UUID, effect: str, article: str, reason: str) -> None:
    """Say which effect silence will have in this one expediente, by which article and why (SIL-1).

    effect: `positive`, `negative` or `none`. Raises BadInput, and RuleBroken once it fell.
    """
    faults = []
    if effect not in _CHOSEN:
        faults.append(("effect", f"Elija el efecto del silencio: {', '.join(_CHOSEN)}."))
    if not article.strip():
        faults.append(("article", "Diga qué artículo da ese efecto al silencio."))
    if not reason.strip():
        faults.append(("reason", "Diga por qué se aplica a este expediente."))
    if faults:
        raise BadInput(faults[0][1], tuple(faults))
    if not may_access(act.session, expediente_id, act.actor):
        raise NotFound
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    act.because(reason.strip())
    if fallen(act.session, row.id) is not None:
        raise RuleBroken("El silencio ya se produjo: su efecto no se puede cambiar.")
    _check_effect(act, row, effect)
    act.note(sense=effect, previous=row.silence_effect, article=article.strip())
    row.silence_effect = None if effect == NONE else effect
    row.silence_article = article.strip()


def _check_effect(act: Act, row: Expediente, effect: str) -> None:
    """Raise RuleBroken for what the law does not let anybody choose (art. 24.1)."""
    known = procedure(act.session, row.procedure_key, row.procedure_version)
    if effect == POSITIVE and (known.silence_matter is not None or row.entry_id is None):
        raise RuleBroken(
            "En esta materia, o en lo que no se inició a solicitud de nadie, el silencio nunca concede."
        )
    if effect == NONE and row.entry_id is not None:
        raise RuleBroken(
            "Lo que se inició a solicitud de alguien siempre tiene silencio: positivo o negativo."
        )


@operation("silence.await_end")
def await_end(act: Act, *, expediente_id: UUID, reference: str) -> None:
    """A process waits for the end of the term; what ended before wakes it at once."""
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    row.silence_reference = reference
    silence = fallen(act.session, row.id)
    if silence is not None:
        _wake(act, row, silence)


@operation("silence.issue", basis="art. 24.4 de la Ley 39/2015")
def issue(act: Act, *, silence_id: UUID) -> bool:
    """The certificate is sealed: it is in the folder of its person, who is told (SIL-3).

    False while it is not ready, and when it was issued or annulled before.
    """
    found = act.get(Silence, silence_id)
    row = act.lock(Expediente, found.expediente_id)
    silence = act.lock(Silence, silence_id)
    act.about("expediente", row.id, row.id)
    document = None
    if silence.certificate_id is not None:
        document = act.get(Document, silence.certificate_id)
    if (
        document is None
        or document.state != DocumentState.SEALED.value
        or silence.issued_at is not None
        or silence.annulled_at is not None
    ):
        act.note(effect=False)
        return False
    silence.issued_at = act.now
    if silence.certificate_deadline_id is not None:
        end_deadline(
            act, deadline_id=silence.certificate_deadline_id, state=DeadlineState.MET, at=act.now
        )
    act.note(certificate=document.id, sha256=document.sha256)
    subject, text = told(row, SilenceEffect(silence.effect))
    act.defer("notifications.tell", expediente_id=row.id, subject=subject, text=text)
    return True


@operation("silence.request_certificate", basis="art. 24.4 de la Ley 39/2015")
def request_certificate(act: Act, *, expediente_id: UUID) -> UUID | None:
    """The person asks for the certificate: registered, and issued in fifteen days at most (SIL-3).

    Returns the certificate when it is issued already, so that nothing has to be registered.
    Raises NotFound for what is not theirs, RuleBroken before the term ends.
    """
    found = act.get(Expediente, expediente_id)
    if found.person_id is None or found.person_id != act.actor.interested_id:
        raise NotFound
    require_power(act, found.procedure_key)
    row = act.lock(Expediente, expediente_id)
    act.about("expediente", row.id, row.id)
    standing = fallen(act.session, row.id)
    if standing is None or standing.effect == SilenceEffect.EXPIRY.value:
        raise RuleBroken(
            "No hay silencio que certificar: el plazo para resolver no ha terminado, o se le "
            "notificó dentro de él."
        )
    silence = act.lock(Silence, standing.id)
    if silence.issued_at is not None or silence.requested_at is not None:
        act.note(effect=False)
        return None if silence.issued_at is None else silence.certificate_id
    entry = present(
        act,
        row,
        Contribution(
            subject=f"Petición del certificado de silencio del expediente {row.number}",
            contents=(Section("Petición", (("Pide", "El certificado de silencio"),)),),
            documents=(),
        ),
    )
    silence.requested_at, silence.requested_by = act.now, act.actor.id
    silence.request_entry_id = entry.id
    if silence.certificate_deadline_id is None:
        silence.certificate_deadline_id = _days_to_issue(
            act.as_system(row.procedure_key), row, entry.presented_at
        )
    act.note(entry=entry.code)
    return None


@operation("silence.annul", basis="arts. 24.3, 40.4 y 43.3 de la Ley 39/2015")
def annul(act: Act, *, silence_id: UUID, at: datetime, why: str) -> bool:
    """It never fell: the town had notified in time, at `at`, and learnt of it later.

    The certificate is left without effect. False when it was annulled before.
    """
    silence = act.lock(Silence, silence_id)
    act.about("expediente", silence.expediente_id, silence.expediente_id)
    act.because(why)
    if silence.annulled_at is not None:
        act.note(effect=False)
        return False
    silence.annulled_at, silence.annulled_why = act.now, why
    act.note(sense=silence.effect, fell_at=silence.fell_at, notified_at=at)
    if silence.certificate_deadline_id is not None:
        end_deadline(
            act, deadline_id=silence.certificate_deadline_id, state=DeadlineState.CANCELLED
        )
    if silence.certificate_id is not None:
        documents.withdraw(act, document_id=silence.certificate_id, reason=why)
    return True
