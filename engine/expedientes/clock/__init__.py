"""The clock of an expediente: its maximum term, what stops or lengthens it, and who was told of it."""
