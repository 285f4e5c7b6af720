"""A supplier's signature on its invoice: XAdES-EPES, enveloped, under the policy of Facturae 3.1."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from signatures.keys import SigningKey

POLICY = (
    "http://www.facturae.es/politica_de_firma_formato_facturae/"
    "politica_de_firma_formato_facturae_v3_1.pdf"
)
_POLICY_SHA1 = "Ohixl6upD6av8N7pEvDABhEL6hM="


def sign(root: etree._Element, key: SigningKey, at: datetime) -> etree._Element:
    """The invoice with the signature of its issuer, claimed to be made at `at`."""
    from signxml import DigestAlgorithm, methods
    from signxml.algorithms import CanonicalizationMethod
    from signxml.xades.xades import XAdESDataObjectFormat, XAdESSignaturePolicy, XAdESSigner

    class SupplierSigner(XAdESSigner):
        def add_signing_time(self, signed_signature_properties: Any, *_: Any, **__: Any) -> None:
            namespace = self.namespaces["xades"]
            element = etree.SubElement(signed_signature_properties, f"{{{namespace}}}SigningTime")
            element.text = at.astimezone(UTC).isoformat(timespec="seconds")

    signer = SupplierSigner(
        method=methods.enveloped,
        signature_algorithm="ecdsa-sha256",
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
        signature_policy=XAdESSignaturePolicy(
            Identifier=POLICY,
            Description="Política de firma del formato Facturae",
            DigestMethod=DigestAlgorithm.SHA1,
            DigestValue=_POLICY_SHA1,
        ),
        claimed_roles=["supplier"],
        data_object_format=XAdESDataObjectFormat("Factura electrónica", "text/xml"),
    )
    signed: etree._Element = signer.sign(
        root,
        key=key.private,
        cert=[key.certificate, *key.chain],
        always_add_key_value=False,
    )
    return signed
