"""The town's board: what is published in the sede, for anybody (arts. 44 to 46 of Ley 39/2015)."""

from __future__ import annotations

from uuid import UUID

from werkzeug.wrappers import Response

from engine.notifications.publications import queries
from web.access import Audience, access
from web.context import current, reading
from web.files import document_answer
from web.public.blueprint import public
from web.rendering import page


@public.get("/tablon")
@access(Audience.PUBLIC)
def board() -> Response:
    """What stands on the board, the newest first."""
    return page("public/board.html", rows=queries.board(reading()))


@public.get("/tablon/<uuid:publication_id>")
@access(Audience.PUBLIC)
def board_item(publication_id: UUID) -> Response:
    """One publication."""
    return page("public/board_item.html", row=queries.on_board(reading(), publication_id))


@public.get("/tablon/<uuid:publication_id>/documento")
@access(Audience.PUBLIC)
def board_document(publication_id: UUID) -> Response:
    """The act, when it is published whole."""
    townhall = current().townhall
    document, data = queries.document_on_board(townhall, reading(), publication_id)
    return document_answer(data, document.name, document.media_type)
