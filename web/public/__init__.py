"""What anyone may see without identifying themselves."""
