"""Contracts: what was agreed with whom, for how much, and how much of it the invoices have taken."""
