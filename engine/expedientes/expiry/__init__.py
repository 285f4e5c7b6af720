"""Expiry of what a person asked for and then left still (art. 95 of Ley 39/2015)."""
