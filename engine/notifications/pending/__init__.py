"""The acts that were adopted and nobody has been notified of (art. 40.2)."""
