"""What the town hall does: rooms in the order of docs/architecture.md, without Flask and without HTML."""
