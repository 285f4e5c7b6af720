"""Signing in and out, and acting in the name of another."""
