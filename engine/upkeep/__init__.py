"""Upkeep: the jobs that were given up, for a person to look at and try again."""
