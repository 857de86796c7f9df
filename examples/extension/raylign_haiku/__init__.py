"""An extension of raylign: one judge, one reward, one method. docs/extending.md walks through it."""
