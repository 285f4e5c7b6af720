"""Expedientes that an official begins by filling in a form (art. 58 of Ley 39/2015)."""
