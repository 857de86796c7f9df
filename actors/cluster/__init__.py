"""On Ray: the fleet, its members, and how long anyone waits for them."""
