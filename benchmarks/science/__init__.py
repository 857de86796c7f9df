"""What judges change. `arms` says what is compared, `run` trains one, `report` makes the tables and the picture."""
