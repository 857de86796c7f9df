"""The policy being trained, on DeepSpeed."""
