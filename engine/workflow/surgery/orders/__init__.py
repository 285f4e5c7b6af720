"""Orders: what a second person confirms, and what is done to many instances, one by one."""
