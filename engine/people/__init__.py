"""Persons, officials, units, posts, roles, powers of representation and sessions."""
