"""Notifies the acts that expedientes make by themselves, and tells them when each was notified."""
