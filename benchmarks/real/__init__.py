"""A pretrained model of 135M parameters: reward alone, judges as a bonus, judges as constraints."""
