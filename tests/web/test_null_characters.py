"""A null character in an address or a form is nobody's text: it is left out before anything reads it."""

from __future__ import annotations

from werkzeug.test import EnvironBuilder

from web.requests import SedeRequest


def test_they_are_left_out_of_what_is_asked_and_of_what_is_written() -> None:
    written = {"reason": "a\x00b", "other\x00": ["x", "\x00y"], "whole": "ñ"}
    built = EnvironBuilder("/", method="POST", query_string="q=%00terraza&w=1", data=written)
    request = SedeRequest(built.get_environ())
    assert request.args.to_dict() == {"q": "terraza", "w": "1"}
    assert request.form.to_dict(flat=False) == {
        "reason": ["ab"],
        "other": ["x", "y"],
        "whole": ["ñ"],
    }


def test_a_form_without_them_is_read_as_it_came() -> None:
    built = EnvironBuilder("/", method="POST", data={"a": ["1", "2"], "b": "línea\r\notra"})
    request = SedeRequest(built.get_environ())
    assert request.form.getlist("a") == ["1", "2"]
    assert request.form["b"] == "línea\r\notra"
