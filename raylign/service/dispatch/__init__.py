"""From queued jobs to Ray jobs."""
