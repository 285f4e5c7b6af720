"""The town hall's keys and certificates: which are in force, where they lie, when they end."""
