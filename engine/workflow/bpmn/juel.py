"""Expressions of other tools into FEEL: JUEL (`${amount > 100 && ok}`) and Camunda 8's (`=amount > 100`)."""

from __future__ import annotations

import re

from engine.feel.errors import FeelError
from engine.feel.expression import compile_expression

_WRAPPED = re.compile(r"^\s*[$#]\{(?P<inside>.*)\}\s*$", re.DOTALL)
_PIECES = re.compile(r"[$#]\{(?P<inside>[^{}]*)\}")
_WORDS = re.compile(
    r"\s*(?:(?P<string>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<symbol>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]]))"
)
_OPERATORS = {
    "&&": "and", "||": "or", "==": "=", "and": "and", "or": "or", "eq": "=", "ne": "!=",
    "gt": ">", "lt": "<", "ge": ">=", "le": "<=", "div": "/", "mod": "%",
}  # fmt: skip
_LEVELS = (("or",), ("and",), ("=", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
_MAX_DEPTH = 60


class NotTranslatable(ValueError):
    """An expression that FEEL cannot say; the message tells why, in Spanish."""


def to_feel(text: str) -> str:
    """The FEEL for a condition or a value written in another tool; raises NotTranslatable.

    Text that is neither JUEL nor Camunda 8's FEEL is taken as FEEL, and must be it.
    """
    plain = text.strip()
    wrapped = _WRAPPED.match(plain)
    if wrapped is not None and "}" not in _without_strings(wrapped["inside"]):
        return _checked(_Juel(wrapped["inside"]).whole())
    return _checked(plain.removeprefix("=").strip())


def value_to_feel(text: str) -> str:
    """The FEEL for a value of another tool, where plain text is text: `Hola ${name}`, `=x`, `Hola`."""
    plain = text.strip()
    if plain.startswith("=") or (_WRAPPED.match(plain) and len(_PIECES.findall(plain)) <= 1):
        return to_feel(plain)
    parts, at = [], 0
    for piece in _PIECES.finditer(plain):
        if piece.start() > at:
            parts.append(_quoted(plain[at : piece.start()]))
        parts.append(f"string({_Juel(piece['inside']).whole()})")
        at = piece.end()
    if at < len(plain) or not parts:
        parts.append(_quoted(plain[at:]))
    return _checked(" + ".join(parts))


def is_expression(text: str) -> bool:
    """Whether a value is computed, not plain text."""
    return text.strip().startswith("=") or _PIECES.search(text) is not None


def _checked(feel: str) -> str:
    try:
        compile_expression(feel)
    except FeelError as error:
        raise NotTranslatable(str(error)) from None
    return feel


def _without_strings(text: str) -> str:
    return re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "", text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


class _Juel:
    """A reader of JUEL by descent; it writes FEEL."""

    def __init__(self, text: str) -> None:
        self._words = self._split(text)
        self._at = 0
        self._depth = 0

    def _split(self, text: str) -> list[tuple[str, str]]:
        words, at = [], 0
        text = text.rstrip()
        while at < len(text):
            found = _WORDS.match(text, at)
            if found is None:
                raise NotTranslatable(f"no se entiende «{text[at : at + 20].strip()}»")
            words.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()
        return words

    def whole(self) -> str:
        """The whole expression."""
        if not self._words:
            raise NotTranslatable("está vacía")
        result = self._choice()
        if self._at < len(self._words):
            raise NotTranslatable(f"sobra «{self._words[self._at][1]}»")
        return result

    def _peek(self) -> str:
        return self._words[self._at][1] if self._at < len(self._words) else ""

    def _take(self) -> tuple[str, str]:
        if self._at >= len(self._words):
            raise NotTranslatable("está a medias")
        self._at += 1
        return self._words[self._at - 1]

    def _expect(self, word: str) -> None:
        if self._take()[1] != word:
            raise NotTranslatable(f"falta «{word}»")

    def _choice(self) -> str:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise NotTranslatable("está demasiado anidada")
        condition = self._binary(0)
        if self._peek() == "?":
            self._take()
            yes = self._choice()
            self._expect(":")
            condition = f"(if {condition} then {yes} else {self._choice()})"
        self._depth -= 1
        return condition

    def _binary(self, level: int) -> str:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while (operator := _OPERATORS.get(self._peek(), self._peek())) in _LEVELS[level]:
            self._take()
            right = self._binary(level + 1)
            left = f"modulo({left}, {right})" if operator == "%" else f"{left} {operator} {right}"
        return left

    def _unary(self) -> str:
        if self._peek() in ("!", "not"):
            self._take()
            return f"not({self._unary()})"
        if self._peek() == "-":
            self._take()
            return f"-{self._unary()}"
        if self._peek() == "empty":
            self._take()
            value = self._unary()
            nothing = f'{value} = null or {value} = "" or {value} = []'
            return f"(if {nothing} then true else false)"
        return self._value()

    def _value(self) -> str:
        kind, word = self._take()
        if kind == "string":
            result = _quoted(re.sub(r"\\(.)", r"\1", word[1:-1]))
        elif kind in ("number", "name"):
            result = word
        elif word == "(":
            result = f"({self._choice()})"
            self._expect(")")
        else:
            raise NotTranslatable(f"no se entiende «{word}»")
        return self._path(result)

    def _path(self, value: str) -> str:
        while self._peek() in (".", "[", "("):
            word = self._take()[1]
            if word == "(":
                raise NotTranslatable(
                    f"llama al método «{value}», que es código de otra herramienta"
                )
            if word == ".":
                kind, name = self._take()
                if kind != "name":
                    raise NotTranslatable("falta un nombre tras el punto")
                value = f"{value}.{name}"
            else:
                value = self._indexed(value, self._choice())
                self._expect("]")
        return value

    def _indexed(self, value: str, key: str) -> str:
        """`list[0]` counts from one in FEEL; `map["key"]` is a path."""
        if re.fullmatch(r"\d+", key):
            return f"{value}[{int(key) + 1}]"
        if re.fullmatch(r'"[^\W\d]\w*"', key):
            return f"{value}.{key[1:-1]}"
        if key.startswith('"'):
            return f"get value({value}, {key})"
        return f"{value}[{key} + 1]"
