"""Contracts: lists, and one with its balance and its invoices."""
