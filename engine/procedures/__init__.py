"""The catalogue: procedure packages loaded, checked, versioned, published."""
