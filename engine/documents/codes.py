"""Closed lists of the NTI of documents and expedientes (BOE-A-2011-13169 and 13170)."""

from __future__ import annotations

from enum import StrEnum


class DocumentKind(StrEnum):
    """TipoDocumental of the NTI."""

    RESOLUTION = "TD01"
    AGREEMENT = "TD02"
    CONTRACT = "TD03"
    PACT = "TD04"
    DECLARATION = "TD05"
    COMMUNICATION = "TD06"
    NOTIFICATION = "TD07"
    PUBLICATION = "TD08"
    ACKNOWLEDGEMENT = "TD09"
    MINUTES = "TD10"
    CERTIFICATE = "TD11"
    DILIGENCE = "TD12"
    REPORT = "TD13"
    APPLICATION = "TD14"
    DENUNCIATION = "TD15"
    ALLEGATION = "TD16"
    APPEAL = "TD17"
    CITIZEN_COMMUNICATION = "TD18"
    INVOICE = "TD19"
    OTHER_SEIZED = "TD20"
    OTHER = "TD99"

    @property
    def label(self) -> str:
        """The kind's name in Spanish, as people read it."""
        return _KIND_LABELS[self]


_KIND_LABELS = {
    DocumentKind.RESOLUTION: "Resolución",
    DocumentKind.AGREEMENT: "Acuerdo",
    DocumentKind.CONTRACT: "Contrato",
    DocumentKind.PACT: "Convenio",
    DocumentKind.DECLARATION: "Declaración",
    DocumentKind.COMMUNICATION: "Comunicación",
    DocumentKind.NOTIFICATION: "Notificación",
    DocumentKind.PUBLICATION: "Publicación",
    DocumentKind.ACKNOWLEDGEMENT: "Acuse de recibo",
    DocumentKind.MINUTES: "Acta",
    DocumentKind.CERTIFICATE: "Certificado",
    DocumentKind.DILIGENCE: "Diligencia",
    DocumentKind.REPORT: "Informe",
    DocumentKind.APPLICATION: "Solicitud",
    DocumentKind.DENUNCIATION: "Denuncia",
    DocumentKind.ALLEGATION: "Alegación",
    DocumentKind.APPEAL: "Recurso",
    DocumentKind.CITIZEN_COMMUNICATION: "Comunicación de la persona interesada",
    DocumentKind.INVOICE: "Factura",
    DocumentKind.OTHER_SEIZED: "Otro documento incautado",
    DocumentKind.OTHER: "Otro documento",
}


class Origin(StrEnum):
    """OrigenCiudadanoAdministracion: 0 or false is the citizen, 1 or true the administration."""

    CITIZEN = "citizen"
    ADMINISTRATION = "administration"


class ElaborationState(StrEnum):
    """EstadoElaboracion of the NTI; the copies (EE02 to EE04) name the document they come from."""

    ORIGINAL = "EE01"
    COPY_NEW_FORMAT = "EE02"
    COPY_OF_PAPER = "EE03"
    PARTIAL_COPY = "EE04"
    OTHER = "EE99"

    @property
    def is_copy(self) -> bool:
        """Whether the identifier of the source document is compulsory metadata."""
        return self in _COPIES


_COPIES = frozenset(
    {
        ElaborationState.COPY_NEW_FORMAT,
        ElaborationState.COPY_OF_PAPER,
        ElaborationState.PARTIAL_COPY,
    }
)


class SignatureKind(StrEnum):
    """TipoFirma of the NTI."""

    CSV = "TF01"
    XADES_DETACHED = "TF02"
    XADES_ENVELOPED = "TF03"
    CADES_DETACHED = "TF04"
    CADES_ATTACHED = "TF05"
    PADES = "TF06"


class ExpedienteState(StrEnum):
    """Estado of the expediente in its ENI metadata."""

    OPEN = "E01"
    CLOSED = "E02"
    CLOSED_INDEX = "E03"
