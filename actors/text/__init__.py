"""Text into tokens: prompts, golden responses, and what strangers wrote."""
