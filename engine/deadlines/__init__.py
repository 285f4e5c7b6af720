"""The legal clock: calendars, terms, and computations that can explain every day."""
