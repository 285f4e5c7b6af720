"""Making the PDF of a batch, outside any transaction."""

from __future__ import annotations

from uuid import UUID

from engine.jobs import job
from engine.notifications.printing.operations import PRINT_JOB, batch_ready
from engine.notifications.printing.pages import PDF, whole_batch
from engine.notifications.printing.queries import batch, papers
from engine.townhall import Call


@job(PRINT_JOB)
def print_papers(call: Call, *, batch_id: str) -> None:
    """Compose the pages, put each act behind its own, and keep the whole."""
    townhall, wanted = call.townhall, UUID(batch_id)
    entity_id = townhall.settings.entity_id
    with townhall.database.reading() as session:
        if batch(session, wanted).ready:
            return
        found = papers(session, wanted)
    acts = {
        paper.act_sha256: townhall.storage.get(entity_id, paper.act_sha256)
        for paper in found
        if paper.act_media_type == PDF
    }
    data = whole_batch(found, acts, townhall.settings)
    sha256 = townhall.storage.put(entity_id, data)
    batch_ready(call, batch_id=wanted, sha256=sha256, size=len(data))
