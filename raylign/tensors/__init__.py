"""Token sequences as tensors, and what is computed on them. With `raylign.losses`, the only rooms that know torch."""
