"""The treasury's pages: the money that has to be given back."""
