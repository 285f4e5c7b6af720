"""Signatures, time stamps, keys and tokens: a library that knows nothing of the town hall's rooms."""
