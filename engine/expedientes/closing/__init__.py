"""The end of an expediente: it is closed, and its index is signed."""
