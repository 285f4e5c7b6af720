"""The organ's signature on an expediente's index: XAdES inside the ENI file, over several nodes.

The signature is made in its final place and with inclusive canonical XML, because the references to
its own properties carry no transform: in another place their digests would not be found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.documents.eni_expediente import SignIndex
from engine.documents.eni_xml import XMLDSIG
from engine.documents.sealing import town_keys
from engine.townhall import TownHall

if TYPE_CHECKING:
    from lxml.etree import _Element

    from signatures.keys import SigningKey


def index_signer(townhall: TownHall) -> SignIndex:
    """Signs the nodes of an expediente with the organ's seal (art. 51 of RD 203/2021)."""
    key, now = town_keys(townhall).seal(), townhall.clock.now()
    return lambda place, references: sign_in_place(place, references, key, now)


def sign_in_place(
    place: _Element, references: Sequence[str], key: SigningKey, now: datetime
) -> _Element:
    """The document with an XAdES signature in `place`, over the nodes with these `Id`s."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from lxml import etree
    from signxml import methods
    from signxml.algorithms import CanonicalizationMethod
    from signxml.xades.xades import XAdESDataObjectFormat, XAdESSigner

    class ClockedSigner(XAdESSigner):
        def add_signing_time(self, signed_signature_properties: Any, *_: Any, **__: Any) -> None:
            namespace = self.namespaces["xades"]
            element = etree.SubElement(signed_signature_properties, f"{{{namespace}}}SigningTime")
            element.text = now.astimezone(UTC).isoformat(timespec="seconds")

    etree.SubElement(place, f"{{{XMLDSIG}}}Signature", {"Id": "placeholder"}, {"ds": XMLDSIG})
    algorithm = "rsa-sha256" if isinstance(key.private, RSAPrivateKey) else "ecdsa-sha256"
    signer = ClockedSigner(
        method=methods.enveloped,
        signature_algorithm=algorithm,
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
        data_object_format=XAdESDataObjectFormat("Índice electrónico del expediente", "text/xml"),
    )
    root: _Element = signer.sign(
        place.getroottree().getroot(),
        key=key.private,
        cert=[key.certificate, *key.chain],
        reference_uri=[f"#{name}" for name in references],
        always_add_key_value=False,
    )
    return root
