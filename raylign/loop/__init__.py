"""The coordinator: what a source gives is prepared, packed, stepped on, published. Start reading at `loop.py`."""
