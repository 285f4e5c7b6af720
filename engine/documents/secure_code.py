"""The secure verification code (CSV): how it is made, checked, printed, hashed and encrypted.

Art. 42.b of Ley 40/2015 and art. 21 of RD 203/2021. The code is the only key to a document that may
hold personal data, so it has 130 random bits, and nothing in it derives from the document.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import ConfigurationError
from engine.installation_key import KEY_BYTES, installation_key
from engine.settings import Settings

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS = 26
CHECK_CHARACTERS = 2
LENGTH = RANDOM_CHARACTERS + CHECK_CHARACTERS
GROUP = 4
# Prime and below 32²: every change of one character and every swap of two of them is noticed.
_CHECK_MODULUS = 1021
_LOOKALIKES = str.maketrans("OIL", "011")
_SEPARATORS = str.maketrans("", "", " -\t\n\r\u00a0\u2010\u2011\u2012\u2013\u2014\u2212")
_HASH_PREFIX = b"andecha secure code\x00"
_KEY_PURPOSE = "andecha secure code encryption v1"
_KEY_FILE = "secure_code.key"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12


def generate(choose: Callable[[str], str] = secrets.choice) -> str:
    """A new code: 26 random characters of Crockford's base 32 and two check characters."""
    body = "".join(choose(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return body + check_characters(body)


def check_characters(body: str) -> str:
    """The two characters that tell a mistyped code from an unknown one."""
    value = 0
    for character in body:
        value = (value * 32 + ALPHABET.index(character)) % _CHECK_MODULUS
    return ALPHABET[value // 32] + ALPHABET[value % 32]


def normalize(text: str) -> str | None:
    """The code that a person typed, or None when it cannot be one.

    Spaces and hyphens are ignored, O is read as 0, I and L as 1 (Crockford's base 32).
    """
    code = text.translate(_SEPARATORS).upper().translate(_LOOKALIKES)
    if len(code) != LENGTH or any(character not in ALPHABET for character in code):
        return None
    expected = check_characters(code[:RANDOM_CHARACTERS])
    return code if hmac.compare_digest(expected, code[RANDOM_CHARACTERS:]) else None


def printed(code: str) -> str:
    """The code in groups of four, as the documents carry it."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def code_hash(code: str) -> bytes:
    """What the database finds a code by; 130 random bits need no salt."""
    return hashlib.sha256(_HASH_PREFIX + code.encode("ascii")).digest()


def verification_path(code: str) -> str:
    """The path of the sede where a code is checked; the QR of each page leads there."""
    return f"/verificar/{printed(code)}"


class CodeBox:
    """Encrypts codes so that a copy can be printed again with the same one (AES-256-GCM).

    What it returns is key id (4 bytes) ‖ nonce (12) ‖ ciphertext and tag. The document's id is
    authenticated with it, so that an encrypted code cannot be moved to another document.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("the key has 32 bytes")
        self._cipher = AESGCM(key)
        self._key_id = hashlib.sha256(b"key id\x00" + key).digest()[:_KEY_ID_BYTES]

    def encrypt(self, code: str, document_id: UUID) -> bytes:
        """The code as the table keeps it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, code.encode("ascii"), document_id.bytes)
        return self._key_id + nonce + sealed

    def decrypt(self, encrypted: bytes, document_id: UUID) -> str:
        """The code again; raises ConfigurationError when this installation's key cannot open it."""
        key_id, rest = encrypted[:_KEY_ID_BYTES], encrypted[_KEY_ID_BYTES:]
        if not hmac.compare_digest(key_id, self._key_id):
            raise ConfigurationError(
                "El código seguro de verificación se cifró con otra clave: recupere la clave "
                f"anterior ({key_id.hex()}) en la carpeta de claves."
            )
        try:
            plain = self._cipher.decrypt(
                rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], document_id.bytes
            )
        except InvalidTag:
            raise ConfigurationError(
                "El código seguro de verificación guardado está dañado o no es de este documento."
            ) from None
        return plain.decode("ascii")


def load_box(settings: Settings) -> CodeBox:
    """The box of this installation: its key comes from the secret key, else from the keys folder."""
    return CodeBox(installation_key(settings, purpose=_KEY_PURPOSE, file_name=_KEY_FILE))
