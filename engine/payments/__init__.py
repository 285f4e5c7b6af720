"""Fees and their payment through a gateway that may refuse, be late or say things twice."""
