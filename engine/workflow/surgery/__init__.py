"""Surgery: running instances mended by people, each time with a reason and in the record."""
