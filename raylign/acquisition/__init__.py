"""Which of many pairs to spend labels on: ADPO, ADPO+ and what they are compared with. Arrays, nothing of a job."""
