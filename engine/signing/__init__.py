"""Signature requests and circuits: what each official has to sign (the portafirmas)."""
