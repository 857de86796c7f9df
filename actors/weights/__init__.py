"""New weights: how they travel, land, and are proven to have landed."""
