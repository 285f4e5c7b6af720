"""Applications that a person is filling in, until they are filed."""
