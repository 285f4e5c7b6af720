"""Invoices: read, checked against their format and against Orden HAP/1650/2015."""
