"""The simulators whole: importing this module gives their blueprint every route."""

from __future__ import annotations

from web.simulators import dehu
from web.simulators.gateway import install_gateway, simulators

__all__ = ["dehu", "install_gateway", "simulators"]
