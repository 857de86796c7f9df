"""What each process of a run holds when it holds most: terms in bytes, from models, job and device."""
