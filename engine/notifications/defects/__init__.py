"""Notifications that were wrong and take effect all the same (art. 40.3)."""
