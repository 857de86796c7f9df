"""The losses of preferences against values and gradients that public implementations gave, most of them in float64."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses import LossFunction, Terms
from raylign.losses.anchored import BCO, NCA, SPPO, APODown, APOZero
from raylign.losses.divergence import Alpha, ForwardKL, JensenShannon
from raylign.losses.margins import MODPO
from raylign.losses.noisy import EXO, Robust
from raylign.losses.normalized import NormalizedDPO, NormalizedIPO
from raylign.losses.optimal_transport import aot, aot_unpaired
from raylign.losses.pairwise import DPO, IPO, DiscoPOP, SLiC
from raylign.losses.reference_free import CPO, ORPO, SimPO
from raylign.losses.unpaired import kto_desirable, kto_undesirable

CASES = 260
"""In the file; each must be told of by a row of ours."""
Hyper = dict[str, Any]
LogProbs = dict[str, Tensor]


def gamma(hyper: Hyper) -> float:
    """Of SimPO: some take its quotient by beta."""
    return hyper["simpo_gamma"] if "simpo_gamma" in hyper else hyper["gamma_beta_ratio"] * hyper["beta"]


def smoothing(hyper: Hyper) -> float:
    return hyper.get("label_smoothing", 0.0)


OURS: dict[str, Callable[[Hyper], LossFunction]] = {
    "sigmoid": lambda hyper: DPO(beta=hyper["beta"], label_smoothing=smoothing(hyper)),
    "sigmoid_norm": lambda hyper: NormalizedDPO(beta=hyper["beta"]),
    "sigmoid_reference_free": lambda hyper: CPO(beta=hyper["beta"], likelihood_weight=0.0),
    "sigmoid+forward_kl": lambda hyper: ForwardKL(beta=hyper["beta"]),
    "sigmoid+js_divergence": lambda hyper: JensenShannon(beta=hyper["beta"]),
    "sigmoid+alpha_divergence": lambda hyper: Alpha(beta=hyper["beta"], alpha=hyper["f_alpha_divergence_coef"]),
    "ipo": lambda hyper: IPO(beta=hyper["beta"]),
    "ipo, length-normalised": lambda hyper: NormalizedIPO(beta=hyper["beta"]),
    "hinge": lambda hyper: SLiC(beta=hyper["beta"]),
    "robust": lambda hyper: Robust(beta=hyper["beta"], label_smoothing=smoothing(hyper)),
    "exo_pair": lambda hyper: EXO(beta=hyper["beta"], label_smoothing=smoothing(hyper)),
    "exo_pair, replaced": lambda hyper: EXO(beta=hyper["beta"], label_smoothing=1e-3),
    "sppo_hard": lambda hyper: SPPO(beta=hyper["beta"]),
    "nca_pair": lambda hyper: NCA(beta=hyper["beta"]),
    "bco_pair": lambda hyper: BCO(beta=hyper["beta"]),
    "apo_zero": lambda hyper: APOZero(beta=hyper["beta"]),
    "apo_down": lambda hyper: APODown(beta=hyper["beta"]),
    "discopop": lambda hyper: DiscoPOP(beta=hyper["beta"], tau=hyper["discopop_tau"]),
    "simpo": lambda hyper: SimPO(beta=hyper["beta"], gamma=gamma(hyper), label_smoothing=smoothing(hyper)),
    "cpo": lambda hyper: CPO(beta=hyper["beta"], likelihood_weight=0.0, label_smoothing=smoothing(hyper)),
}
"""Losses of pairs, by the name that others have for them."""


def of_pairs(loss: LossFunction, x: LogProbs, hyper: Hyper) -> Tensor:
    return loss(terms(x)).per_unit_U


def odds_term(x: LogProbs, hyper: Hyper) -> Tensor:
    """ORPO's second summand, without its sign: what is left of the loss without the chosen responses' likelihood."""
    return -x["pc"] / x["clen"] - ORPO(beta=hyper["beta"])(terms(x)).per_unit_U


def sorted_pairs(x: LogProbs, hyper: Hyper) -> Tensor:
    return aot(x["pc"] - x["pr"], x["rc"] - x["rr"], beta=hyper["beta"], label_smoothing=smoothing(hyper))


def sorted_responses(x: LogProbs, hyper: Hyper) -> Tensor:
    return aot_unpaired(x["pc"] - x["rc"], x["pr"] - x["rr"], beta=hyper["beta"], label_smoothing=smoothing(hyper))


def single(x: LogProbs, hyper: Hyper, *, z0: float) -> Tensor:
    """The chosen as desirable, then the rejected as undesirable responses, each times its weight."""
    desirable = kto_desirable(x["pc"] - x["rc"], beta=hyper["beta"], z0=z0)
    undesirable = kto_undesirable(x["pr"] - x["rr"], beta=hyper["beta"], z0=z0)
    return torch.cat([hyper["desirable_weight"] * desirable, hyper["undesirable_weight"] * undesirable])


def formula(case: dict[str, Any]) -> Callable[[LogProbs], Tensor]:
    """Rows of the same name may mean another formula: notes say which."""
    name, hyper, note = case["loss"], case["hyper"], case.get("note", "")
    functions: dict[str, Callable[[LogProbs], Tensor]] = {
        "orpo_or_term": lambda x: odds_term(x, hyper),
        "aot": lambda x: sorted_pairs(x, hyper),
        "aot_unpaired": lambda x: sorted_responses(x, hyper),
        "kto": lambda x: single(x, hyper, z0=hyper["kl_after_clamp"]),
        "apo_zero_unpaired": lambda x: single(x, hyper, z0=0.0),
    }
    if name in functions:
        return functions[name]
    if name == "ipo" and note.startswith("length-normalised"):
        name = "ipo, length-normalised"
    if name == "exo_pair" and "replaces label_smoothing 0 by 1e-3" in note:
        name = "exo_pair, replaced"
    return lambda x: of_pairs(OURS[name](hyper), x, hyper)


def log_probs(inputs: dict[str, list[float]]) -> LogProbs:
    """Of the policy on chosen and rejected (``pc``, ``pr``), of the reference (``rc``, ``rr``), and the lengths."""
    return {
        name: torch.tensor(inputs[name], dtype=torch.float64, requires_grad=name in ("pc", "pr"))
        for name in ("pc", "pr", "rc", "rr", "clen", "rlen")
    }


def terms(x: LogProbs) -> Terms:
    """Of as many tokens as the lengths say, the first with all of its response: sums are the very numbers."""
    length_UN = torch.stack([x["clen"], x["rlen"]], -1)
    mask_UNT = (torch.arange(int(length_UN.max())) < length_UN[..., None]).double()
    policy_UN, reference_UN = torch.stack([x["pc"], x["pr"]], -1), torch.stack([x["rc"], x["rr"]], -1)
    rest = mask_UNT.shape[-1] - 1
    policy_UNT, reference_UNT = (F.pad(one[..., None], (0, rest)) for one in (policy_UN, reference_UN))
    ones_U = torch.ones(len(length_UN), dtype=torch.float64)
    return Terms(
        policy_UNT=policy_UNT,
        reference_UNT=reference_UNT,
        behavior_UNT=reference_UNT,
        mask_UNT=mask_UNT,
        coefficient_U=ones_U,
        stale_U=0 * ones_U,
    )


@pytest.fixture(scope="module")
def document(reference_data: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((reference_data / "losses" / "preference_losses.json").read_text())
    return read


@pytest.mark.reference_data
def test_losses_are_those_of_public_implementations(document: dict[str, Any]) -> None:
    assert len(document["cases"]) == CASES
    for case in document["cases"]:
        x = log_probs(document["inputs"][case["inputs"]])
        values = formula(case)(x)
        values.sum().backward()
        where = f"{case['loss']}, {case['impl']}, {case['hyper']}, {case['inputs']}"
        expected = [float(value) for value in case["losses"]]  # some are infinite, and written as words
        assert values.tolist() == pytest.approx(expected, rel=1e-6, abs=1e-6), where
        for name in ("pc", "pr"):
            gradient = x[name].grad
            assert gradient is not None, where
            expected = [float(value) for value in case[f"grad_{name}"]]
            assert gradient.tolist() == pytest.approx(expected, rel=1e-6, abs=1e-6), where


@pytest.mark.reference_data
def test_modpo_with_one_objective_is_dpo(document: dict[str, Any]) -> None:
    for inputs in document["inputs"].values():
        x = log_probs(inputs)
        mine, plain = (loss(terms(x)).per_unit_U for loss in (MODPO(beta=0.3, own_weight=1.0), DPO(beta=0.3)))
        assert mine.tolist() == pytest.approx(plain.tolist())
