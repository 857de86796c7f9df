"""The pairwise losses against values and gradients that public implementations gave in float64."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from raylign.losses.pairwise import dpo, ipo, slic

OURS: dict[str, Callable[..., Tensor]] = {"sigmoid": dpo, "ipo": ipo, "hinge": slic}
"""By the name others have for it."""
IMPLEMENTATIONS, SETTINGS = 2, 4
"""At least so many of each must speak of a loss, or the file is not what it was."""


def same_formula(case: dict[str, Any], loss: str) -> bool:
    """Rows of the same name may mean another formula: smoothed labels, and IPO over log-ratios divided by length."""
    hyper, note = case["hyper"], case.get("note", "")
    smoothed = hyper.get("label_smoothing", 0.0) != 0.0
    return case["loss"] == loss and not smoothed and not note.startswith("length-normalised")


def log_probs(inputs: dict[str, list[float]]) -> dict[str, Tensor]:
    """Of the policy on chosen and rejected (``pc``, ``pr``) and of the reference (``rc``, ``rr``)."""
    return {
        name: torch.tensor(inputs[name], dtype=torch.float64, requires_grad=True) for name in ("pc", "pr", "rc", "rr")
    }


@pytest.mark.reference_data
@pytest.mark.parametrize("loss", OURS)
def test_pairwise_losses_are_those_of_public_implementations(reference_data: Path, loss: str) -> None:
    document = json.loads((reference_data / "losses" / "preference_losses.json").read_text())
    cases = [case for case in document["cases"] if same_formula(case, loss)]
    assert len({case["impl"] for case in cases}) >= IMPLEMENTATIONS
    assert len({(case["inputs"], case["hyper"]["beta"]) for case in cases}) >= SETTINGS
    for case in cases:
        x = log_probs(document["inputs"][case["inputs"]])
        margins = (x["pc"] - x["rc"]) - (x["pr"] - x["rr"])
        values = OURS[loss](margins, beta=case["hyper"]["beta"])
        values.sum().backward()
        where = f"{case['impl']}, {case['hyper']}, {case['inputs']}"
        assert values.tolist() == pytest.approx(case["losses"], rel=1e-6, abs=1e-6), where
        for name in ("pc", "pr"):
            gradient = x[name].grad
            assert gradient is not None
            assert gradient.tolist() == pytest.approx(case[f"grad_{name}"], rel=1e-6, abs=1e-6), where
