"""By which channels each notification went, and what each channel told of it."""
