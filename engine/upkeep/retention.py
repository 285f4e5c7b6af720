"""How long what is known of jobs is kept; what they did is in the record for ever."""

from __future__ import annotations

from datetime import timedelta

DONE_JOBS_KEPT = timedelta(days=30)
"""Finished rows slow the search for those that are not."""

BATCH = 5000
