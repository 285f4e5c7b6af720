"""FEEL, the expression language of models and decisions: compiled once to closures, never host code."""
