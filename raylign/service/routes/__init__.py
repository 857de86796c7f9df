"""The REST API's routes, by noun. Each file makes a router over a gateway."""
