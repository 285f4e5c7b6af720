"""Auditing: who did what and when, from the record that nobody can change unseen."""
