"""Services that stand in for ones on the network; examples/endpoints.yaml asks them."""
