"""A small procedure package, whole: what the tests of pages publish."""

from __future__ import annotations

import json

_BPMN = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="x">
  <bpmn:process id="{key}" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="review" name="Revisar la solicitud">
      <bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:userTask>
    <bpmn:serviceTask id="seal" name="Sellar la respuesta">
      <bpmn:extensionElements>
        <spiffworkflow:serviceTaskOperator id="documents/seal">
          <spiffworkflow:parameters>
            <spiffworkflow:parameter id="document_id" type="str" value="review.document"/>
          </spiffworkflow:parameters>
        </spiffworkflow:serviceTaskOperator>
      </bpmn:extensionElements>
      <bpmn:incoming>b</bpmn:incoming><bpmn:outgoing>c</bpmn:outgoing></bpmn:serviceTask>
    <bpmn:endEvent id="end"><bpmn:incoming>c</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="review"/>
    <bpmn:sequenceFlow id="b" sourceRef="review" targetRef="seal"/>
    <bpmn:sequenceFlow id="c" sourceRef="seal" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>"""

_PROCEDURE = """
key = "{key}"
version = {version}
title = "{title}"
summary = "{summary}"
topic = "{topic}"
channel = "{channel}"
unit = "ESP"
organ = "Alcaldía"
series = "FAR"
who = ["Cualquier persona"]
requirements = ["La dirección exacta"]
steps = ["Se revisa la solicitud", "Se le contesta"]
legal_basis = ["Ordenanza de alumbrado, artículo 3"]
[term]
text = "Un mes desde que se presenta"
length = "1 months"
[silence]
effect = "positive"
text = "Puede entender que se ha aceptado."
[fee]
concept = "Tasa por inspección"
explanation = "Se paga antes de presentar."
source = "Ordenanza fiscal 12 (datos de prueba)"
amount = "12.50"
"""


def package(
    key: str = "street-light",
    *,
    version: int = 1,
    title: str = "Pedir la reparación de una farola",
    summary: str = "Avise de una farola que no funciona y el ayuntamiento la repara.",
    topic: str = "Vía pública",
    channel: str = "sede",
) -> dict[str, bytes]:
    """The files of a package that may be published."""
    procedure = _PROCEDURE.format(
        key=key, version=version, title=title, summary=summary, topic=topic, channel=channel
    )
    form = {
        "key": key,
        "version": version,
        "title": title,
        "pages": [
            {
                "id": "place",
                "title": "¿Dónde está la farola?",
                "fields": [{"name": "street", "kind": "text", "label": "Calle y número"}],
            }
        ],
        "attachments": [
            {
                "key": "photo",
                "title": "Una fotografía",
                "minimum": 0,
                "maximum": 2,
                "media_types": ["image/jpeg", "application/pdf"],
                "max_mb": 5,
            }
        ],
        "declarations": [],
    }
    review = {
        "key": "review",
        "version": 1,
        "title": "Revisar la solicitud",
        "pages": [
            {
                "id": "review",
                "title": "Revisión",
                "fields": [{"name": "document", "kind": "text", "label": "Documento"}],
            }
        ],
        "attachments": [],
        "declarations": [],
    }
    return {
        "procedure.toml": procedure.encode(),
        "process.bpmn": _BPMN.format(key=key).encode(),
        "form.json": json.dumps(form).encode(),
        "staff/review.json": json.dumps(review).encode(),
    }
