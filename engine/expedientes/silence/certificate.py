"""The certificate of silence, and what its person is told of it. Part of operations (art. 24.4)."""

from __future__ import annotations

from pathlib import Path

from engine.deadlines.models import Deadline
from engine.documents.codes import DocumentKind
from engine.documents.models import Document
from engine.documents.operations import render_document
from engine.documents.services import standard_context
from engine.expedientes.models import Expediente
from engine.expedientes.silence.models import Silence, SilenceEffect
from engine.expedientes.templates import context_of
from engine.operation import Act
from engine.people.models import Unit
from engine.procedures.queries import procedure

TEMPLATE = Path(__file__).parent / "documents" / "certificate.html"


def render_certificate(act: Act, row: Expediente, term: Deadline, silence: Silence) -> Document:
    """The certificate, whose PDF is made and sealed by job; act: of the town hall itself."""
    known = procedure(act.session, row.procedure_key, row.procedure_version)
    unit = act.get(Unit, row.unit_id)
    return render_document(
        act,
        template="expedientes/silence-certificate",
        source=TEMPLATE.read_text(encoding="utf-8"),
        context={
            **standard_context(act),
            **context_of(act.session, row, known, unit.name),
            "silencio": {
                "positivo": silence.effect == SilenceEffect.POSITIVE.value,
                "efectos": silence.fell_at,
                "articulo": silence.article,
                "inicio": term.starts_at,
                "ultimo_dia": term.due_at,
            },
        },
        title=f"Certificado de silencio del expediente {row.number}",
        kind=DocumentKind.CERTIFICATE,
        expediente_id=row.id,
        person_id=row.person_id,
        unit_name=unit.name,
        references=(("Expediente", row.number),),
        seal=True,
    )


def told(row: Expediente, effect: SilenceEffect) -> tuple[str, str]:
    """Subject and text of the advice that goes with the certificate."""
    sense = "concedida" if effect is SilenceEffect.POSITIVE else "denegada"
    return (
        f"El plazo para resolver el expediente {row.number} ha terminado",
        (
            "El plazo para resolver y notificarle su solicitud terminó sin que le hayamos "
            f"notificado la resolución. Puede entenderla {sense} por silencio administrativo. En el "
            "expediente tiene el certificado que lo acredita."
        ),
    )
