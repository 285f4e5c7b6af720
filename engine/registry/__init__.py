"""The registry: entries and exits with gapless numbers, their legal instant and their receipt."""
