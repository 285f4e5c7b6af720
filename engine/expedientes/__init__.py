"""The administrative case: drafts, opening, correction, resolution, archive."""
