"""The papers that people attach: plans, policies, projects; made once for the whole load."""

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
_PROJECT = """
<h1>Proyecto básico y de ejecución</h1>
<p>Vivienda unifamiliar de dos plantas y 164 m² construidos. Memoria, planos, pliego de condiciones,
mediciones y presupuesto. Visado 2026/04417 del Colegio Oficial de Arquitectos (documento ficticio).</p>
"""
_SAFETY = """
<h1>Estudio básico de seguridad y salud</h1>
<p>Riesgos de la obra, medidas y protecciones, según el Real Decreto 1627/1997.</p>
"""
_WASTE = """
<h1>Estudio de gestión de residuos</h1>
<p>Residuos de la obra, cantidad y destino, según el Real Decreto 105/2008.</p>
"""
_PAPERS = {
    "project": ("proyecto.pdf", _PROJECT),
    "safety": ("seguridad.pdf", _SAFETY),
    "waste": ("residuos.pdf", _WASTE),
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
