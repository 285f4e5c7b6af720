"""The demonstration's clock: the town's time, moved forward to watch terms end; never in production."""
