"""What goes on paper, seen in a browser: printed, not delivered, on the board, in the gazette; and the DEHú."""

from __future__ import annotations

from factories.running_town import RunningTown
from factories.visitor import Visitor
from sqlalchemy import select

from engine.documents.models import Document
from engine.expedientes.models import Expediente
from engine.notifications.models import Notification, PostalResult
from engine.notifications.operations import notify, record_attempt
from engine.notifications.publications.models import PublicationReason
from engine.notifications.publications.operations import publish
from engine.people.models import Person

REGISTRAR, ADMINISTRATOR = "Sabino Cueva Prida", "Iyán Prado Canga"


def _one_on_paper_and_one_electronic(town: RunningTown) -> None:
    """A notification on paper, one that is electronic, and something for a gazette."""
    with town.opened() as hall:
        with hall.database.reading() as session:
            case, document = session.execute(
                select(Expediente, Document)
                .join(Document, Document.expediente_id == Expediente.id)
                .where(Document.media_type == "application/pdf", Document.state == "sealed")
                .order_by(Expediente.number)
                .limit(1)
            ).one()
            people = {
                channel: session.scalars(select(Person).where(Person.channel == channel)).first()
                for channel in ("paper", "electronic")
            }
        for person in people.values():
            assert person is not None
            notify(
                hall.system("test"),
                document_id=document.id,
                person_id=person.id,
                subject="Terraza en la plaza del Mercado",
                unit_id=case.unit_id,
                expediente_id=case.id,
            )
        publish(
            hall.system("test"),
            subject="Ordenación de la plaza del Mercado",
            text="Se ordena el uso de la plaza.",
            unit_id=case.unit_id,
            reason=PublicationReason.INDETERMINATE,
            place_key="regional",
            document_id=document.id,
            expediente_id=case.id,
        )


def _nobody_known_there(town: RunningTown) -> None:
    """The postman says so; the form asks for whole minutes, and this one is not over yet."""
    with town.opened() as hall:
        with hall.database.reading() as session:
            waiting = session.scalars(
                select(Notification.id).where(
                    Notification.state == "to_post",
                    Notification.subject == "Terraza en la plaza del Mercado",
                )
            ).one()
        record_attempt(
            hall.system("test"),
            notification_id=waiting,
            at=hall.clock.now(),
            result=PostalResult.UNKNOWN,
        )


def test_paper_is_printed_fails_and_is_announced(visitor: Visitor, town: RunningTown) -> None:
    """NOT-12, NOT-13, NOT-15: every page of the way, wide and at 320 px."""
    _one_on_paper_and_one_electronic(town)
    visitor.sign_in(REGISTRAR)
    visitor.visit("/oficina/registro/papel")
    visitor.audit("paper-list")
    visitor.follow("Lotes de impresión")
    visitor.audit("print-batches")
    visitor.press("Preparar el lote")
    visitor.page.get_by_role("button", name="Abrir el PDF").wait_for(timeout=60_000)
    visitor.audit("print-batch")
    visitor.visit("/oficina/registro/papel")
    visitor.page.get_by_role("link", name="Terraza en la plaza del Mercado").first.click()
    visitor.audit("paper-item")
    _nobody_known_there(town)
    visitor.page.reload()
    visitor.audit("paper-item-undelivered")
    visitor.press("Ponerla antes en el tablón")
    visitor.visit("/oficina/registro/papel/anuncio")
    visitor.audit("announcement-of-several")
    visitor.visit("/oficina/registro/publicaciones")
    visitor.audit("publications")
    visitor.follow("Ordenación de la plaza")
    visitor.audit("publication")
    visitor.visit("/tablon")
    visitor.audit("board")
    visitor.follow("Anuncio de notificación")
    visitor.audit("board-item")
    visitor.sign_out()


def test_the_simulated_dehu_and_the_mail_can_be_looked_at(
    visitor: Visitor, town: RunningTown
) -> None:
    """NOT-4, NOT-10: what plays the other side, and what would have been sent."""
    visitor.visit("/simuladores/dehu")
    visitor.audit("simulated-dehu")
    visitor.sign_in(ADMINISTRATOR)
    visitor.visit("/administracion/correo")
    visitor.audit("kept-mail")
    visitor.sign_out()
