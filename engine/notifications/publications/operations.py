"""Every change of a publication: asked for, made in a gazette."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from engine.errors import BadInput, RuleBroken
from engine.notifications.models import Notification, NotificationState
from engine.notifications.operations import MAX_SUBJECT, announce
from engine.notifications.publications.models import (
    Publication,
    PublicationReason,
    PublicationState,
)
from engine.notifications.publications.places import BOARD, place
from engine.notifications.publications.publishing import check_content, check_place, make_public
from engine.notifications.queries import announcement
from engine.operation import Act, operation
from engine.people.models import Unit

_MAX_ANNOUNCEMENT = 100


@operation("notifications.publish", basis="arts. 45 y 46 de la Ley 39/2015")
def publish(
    act: Act,
    *,
    subject: str,
    text: str,
    unit_id: UUID,
    reason: PublicationReason,
    place_key: str,
    document_id: UUID | None = None,
    expediente_id: UUID | None = None,
    brief: bool = False,
    fixes_place: str | None = None,
    purpose: str = "publication",
    reference: str | None = None,
) -> Publication:
    """Publish an act: on the sede's board at once; in a gazette, when an official says that it is there.

    text: what is published, the whole act being in its document; brief: only what it is and where it
    can be known (art. 46); fixes_place: the call of a selective procedure says where the following
    acts go. Raises BadInput, or RuleBroken for a place that the call did not fix (art. 45.1.b).
    """
    wording = " ".join(subject.split())
    if not wording or len(wording) > MAX_SUBJECT:
        raise BadInput(
            f"El asunto debe tener entre 1 y {MAX_SUBJECT} caracteres.",
            (("subject", f"Escriba entre 1 y {MAX_SUBJECT} caracteres."),),
        )
    content = check_content(act, text, brief=brief, document_id=document_id)
    check_place(act, reason, place_key, expediente_id, fixes_place)
    row = Publication(
        expediente_id=expediente_id,
        document_id=document_id,
        unit_id=unit_id,
        unit_name=act.get(Unit, unit_id).name,
        subject=wording,
        text=content,
        reason=reason.value,
        purpose=purpose,
        brief=brief,
        place=place_key,
        fixes_place=fixes_place,
        state=PublicationState.PENDING.value,
        requested_at=act.now,
        reference=reference,
    )
    act.session.add(row)
    act.session.flush()
    act.about("publication", row.id, expediente_id)
    act.note(reason=reason, place=place_key, brief=brief, document=document_id)
    if place(place_key).own:
        make_public(act, row, act.now, None)
    return row


@operation("notifications.record_publication", basis="arts. 45 y 46 de la Ley 39/2015")
def record_publication(
    act: Act, *, publication_id: UUID, number: str, published_at: datetime
) -> Publication:
    """A gazette published it: its number and its day. Raises RuleBroken when that is known already."""
    row = act.lock(Publication, publication_id)
    act.about("publication", row.id, row.expediente_id)
    wording = " ".join(number.split())
    errors = []
    if not wording or len(wording) > _MAX_ANNOUNCEMENT:
        errors.append(("number", f"Escriba entre 1 y {_MAX_ANNOUNCEMENT} caracteres."))
    if published_at > act.now:
        errors.append(("published", "Escriba un día que ya haya llegado."))
    if errors:
        raise BadInput("Indique el número del anuncio y el día de su publicación.", tuple(errors))
    if row.state == PublicationState.PUBLISHED:
        raise RuleBroken("Esta publicación ya está hecha.")
    act.note(announcement=wording, published_at=published_at)
    make_public(act, row, published_at, wording)
    return row


@operation("notifications.post_on_board", basis="art. 44 de la Ley 39/2015")
def post_on_board(act: Act, *, notification_id: UUID) -> Publication:
    """Before the gazette, put the announcement of what could not be notified on the town's board.

    It has no effect by itself: the notification is made by the gazette (NOT-13). Raises RuleBroken when
    the paper may still be delivered.
    """
    row = act.lock(Notification, notification_id)
    if row.state != NotificationState.UNDELIVERED:
        raise RuleBroken("Solo se anuncia lo que se intentó entregar en papel y no se pudo.")
    text = announcement(act.session, act.settings.town, row.id, act.actor)
    board = Publication(
        expediente_id=row.expediente_id,
        notification_id=row.id,
        unit_id=row.unit_id,
        unit_name=row.unit_name,
        subject=f"Anuncio de notificación: {row.unit_name}",
        text=text,
        reason=PublicationReason.BOARD.value,
        purpose="announcement",
        brief=True,
        place=BOARD,
        state=PublicationState.PENDING.value,
        requested_at=act.now,
    )
    act.session.add(board)
    act.session.flush()
    act.about("notification", row.id, row.expediente_id)
    act.note(publication=board.id)
    make_public(act, board, act.now, None)
    return board


@operation("notifications.announce_several", basis="arts. 40.5 y 44 de la Ley 39/2015")
def announce_several(
    act: Act, *, notification_ids: Sequence[UUID], number: str, published_at: datetime
) -> int:
    """The gazette published one announcement for several notifications: how many it made.

    What ended meanwhile stays as it ended. Raises BadInput, or RuleBroken when one of them may still
    be delivered, and then none is written down.
    """
    wanted = tuple(dict.fromkeys(notification_ids))
    if not wanted:
        raise BadInput(
            "Elija al menos una notificación.",
            (("notifications", "Marque las que están en el anuncio."),),
        )
    made = 0
    for notification_id in sorted(wanted):
        row = announce(
            act, notification_id=notification_id, announcement=number, published_at=published_at
        )
        made += row.state == NotificationState.PUBLISHED
    act.about("announcement", number)
    act.note(notifications=[str(item) for item in wanted], made=made)
    return made
