"""The loop, its pools and their workers' calls as they are; Ray, models and the passing of time are not."""
