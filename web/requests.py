"""A request as the sede reads it: a form that broke off on the way is an error, never an empty form,
and what is written has no null characters: nobody types them, and no database takes them in a text."""

from __future__ import annotations

from typing import IO, Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.formparser import FormDataParser
from werkzeug.utils import cached_property

_NULL = "\x00"


class SedeRequest(Request):
    """The framework takes a body that it cannot read for an empty one; here it is answered with 400."""

    def __init__(self, environ: dict[str, Any], **options: Any) -> None:
        super().__init__(environ, **options)
        self._begun: list[IO[bytes]] = []

    def make_form_data_parser(self) -> FormDataParser:
        """A parser that tells what it cannot read."""
        parser = super().make_form_data_parser()
        parser.silent = False
        return parser

    def _get_file_stream(self, *args: Any, **options: Any) -> IO[bytes]:
        stream = super()._get_file_stream(*args, **options)
        self._begun.append(stream)
        return stream

    def _load_form_data(self) -> None:
        try:
            super()._load_form_data()
        except (ValueError, HTTPException) as error:
            for stream in self._begun:
                stream.close()
            if isinstance(error, ValueError):
                raise BadRequest("the form cannot be read") from error
            raise
        self.form = _without_nulls(self.form)

    @cached_property
    def args(self) -> ImmutableMultiDict[str, str]:
        """What the address asks."""
        return _without_nulls(super().args)


def _without_nulls(values: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict(
        (key.replace(_NULL, ""), text.replace(_NULL, "")) for key, text in values.items(multi=True)
    )
