"""Files that a person hands over: looked at, stored, captured as documents of that person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from engine.documents.codes import DocumentKind, Origin
from engine.documents.models import Document
from engine.documents.operations import add_document
from engine.errors import BadInput
from engine.operation import Act
from forms.attachments import TYPES, AttachmentRejected, CheckedFile, check_attachment
from forms.definition import Attachment

CONTRIBUTION = Attachment(
    key="documents",
    title="Documentos",
    maximum=20,
    media_types=tuple(TYPES),
    max_mb=15,
)
"""What may be attached to a correction or to a later contribution."""


@dataclass(frozen=True)
class UploadedFile:
    """A file as it came: the key of its attachment, the name that it had, and its bytes."""

    key: str
    name: str
    stream: BinaryIO


def checked(stream: BinaryIO, name: str, rule: Attachment) -> CheckedFile:
    """The file looked at; raises BadInput with the id of its field in the page."""
    try:
        return check_attachment(stream, name, rule)
    except AttachmentRejected as error:
        raise BadInput(str(error), ((f"file-{rule.key}", str(error)),)) from error


def keep_file(
    act: Act,
    file: CheckedFile,
    stream: BinaryIO,
    *,
    title: str,
    expediente_id: UUID | None = None,
    kind: DocumentKind = DocumentKind.OTHER,
) -> Document:
    """Store a checked file as a document of the interested person."""
    sha256 = act.storage.put_stream(act.entity_id, stream)
    return add_document(
        act,
        title=title,
        kind=kind,
        origin=Origin.CITIZEN,
        media_type=file.media_type,
        name=file.name,
        sha256=sha256,
        expediente_id=expediente_id,
        person_id=act.actor.interested_id,
    )


def keep_contributions(
    act: Act, files: Sequence[UploadedFile], expediente_id: UUID, kind: DocumentKind
) -> list[Document]:
    """What a person brings to an expediente; raises BadInput that names every file at fault."""
    if len(files) > CONTRIBUTION.maximum:
        message = f"Puede adjuntar {CONTRIBUTION.maximum} ficheros como mucho de una vez."
        raise BadInput(message, ((f"file-{CONTRIBUTION.key}", message),))
    found: list[CheckedFile] = []
    errors: list[tuple[str, str]] = []
    for file in files:
        try:
            found.append(checked(file.stream, file.name, CONTRIBUTION))
        except BadInput as error:
            errors += error.errors
    if errors:
        raise BadInput("Revise los ficheros.", tuple(errors))
    return [
        keep_file(act, seen, file.stream, title=seen.name, expediente_id=expediente_id, kind=kind)
        for seen, file in zip(found, files, strict=True)
    ]
