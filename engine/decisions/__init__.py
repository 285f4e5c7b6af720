"""Decisions: DMN files read whole, their tables and expressions evaluated with FEEL."""
