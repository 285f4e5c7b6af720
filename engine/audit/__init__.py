"""The audit record: events written in the transaction of what they record, and the tree that proves them.

This room has no key and no operation: it appends, computes and verifies.
"""
