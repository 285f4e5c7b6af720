"""The calendars as they were published: State, region and town, year by year, with their source."""
