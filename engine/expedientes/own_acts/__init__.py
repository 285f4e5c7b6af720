"""Acts of an expediente that the engine makes itself: sealed, notified, and what their notice begins."""
