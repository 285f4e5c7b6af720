"""Versions of a process: compared, and running instances taken from one to another."""
