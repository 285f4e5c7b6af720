"""Absences of officials with dates, and who stands in for them meanwhile (art. 13 of Ley 40/2015)."""
