"""Technical incidents that keep people from acting, and the terms that they extend (arts. 32.4 and 32.5)."""
