"""How near the last number of a response is to the answer: 1 where it is the answer, less the further it is away."""

import re
from typing import Any


def grade(sample: dict[str, Any], item: dict[str, Any]) -> float:
    numbers = re.findall(r"\d+", sample["output_text"])
    if not numbers:
        return 0.0
    return 1 / (1 + abs(int(numbers[-1][:9]) - int(item["answer"])))
