"""Notifications: put at disposal, opened, rejected, expired."""
