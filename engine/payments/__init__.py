"""Fees and their gateway."""
