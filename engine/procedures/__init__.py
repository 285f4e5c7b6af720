"""The catalogue of procedures: packages read, checked, versioned and published."""
