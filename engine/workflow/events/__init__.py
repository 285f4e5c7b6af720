"""Messages and signals between processes, and from outside: who waits for them, and what becomes of each."""
