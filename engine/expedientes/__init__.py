"""The administrative case: drafts, opening, what people bring to it, its end and its signed index."""
