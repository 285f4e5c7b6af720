"""Forms as data: definition, conditions, binding, validation, canonical bytes. Knows nothing of the town hall."""
