"""Models that answer chat: engines on Ray, started when somebody asks and gone when nobody does."""
