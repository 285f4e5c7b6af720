"""Whose work is whose: claimed, delegated, handed over, reassigned, done in somebody's place."""
