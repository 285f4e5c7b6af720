"""The papers that people attach: a plan and an insurance policy, made once for the whole load."""

from __future__ import annotations

from functools import cache

_PLAN = """
<h1>Plano acotado de la terraza</h1>
<svg width="500" height="260" viewBox="0 0 500 260" xmlns="http://www.w3.org/2000/svg">
  <rect x="10" y="10" width="480" height="60" fill="#ddd" stroke="#000"/>
  <rect x="90" y="85" width="320" height="80" fill="none" stroke="#000" stroke-dasharray="6"/>
  <line x1="10" y1="240" x2="490" y2="240" stroke="#000"/>
</svg>
<p>Arriba, la fachada; a trazos, la terraza; abajo, el bordillo. Cotas en metros: fachada 9,60;
terraza 6,40 × 1,60; acera 4,60. Escala 1:50.</p>
"""
_INSURANCE = """
<h1>Seguro de responsabilidad civil</h1>
<p>Seguros Monsacro, S. A. (empresa ficticia). Póliza RC-204418, en vigor hasta el fin del año que
viene. Capital asegurado: 300.000 € por siniestro. Recibo del año, pagado.</p>
"""
_DESCRIPTION = """
<h1>Descripción</h1>
<p>Documento que acompaña al escrito, con los hechos contados con más detalle.</p>
"""
_PAPERS = {
    "plan": ("plano.pdf", _PLAN),
    "insurance": ("seguro.pdf", _INSURANCE),
    "documents": ("descripcion.pdf", _DESCRIPTION),
}


def paper(key: str) -> tuple[str, bytes]:
    """The file name and the bytes of the paper that an attachment asks for."""
    name, html = _PAPERS[key]
    return name, _pdf(html)


@cache
def _pdf(html: str) -> bytes:
    from weasyprint import HTML

    data: bytes = HTML(string=f"<html lang='es'><body>{html}</body></html>").write_pdf()
    return data
