"""National services and gateways that cannot be reached from a demonstration, played by us. Never in production."""
