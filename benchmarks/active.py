"""Labels that active selection spares, in the log-linear setting of ADPO's paper (arXiv 2503.01076), on made features.

Pairs have features phi_i, a reference theta_0 and a truth theta_*; a label is drawn with chance
sigmoid(phi_i . (theta_* - theta_0)). Every arm chooses pairs, theta is fitted to their labels, and its error is the
largest of a logit over all pairs, |phi_i . (theta - theta_*)|. All arms of a seed share the world and its labels, so
figures are paired by seed.

The paper has embeddings of CIFAR-10's images; here features are normal, dimension k with a deviation of 1/sqrt(k), as
embeddings' spectra fall. ``--flat``: all dimensions alike.
"""

import argparse
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
from scipy.stats import t as student

from raylign.acquisition.adpo import adpo, adpo_plus, apo, largest, uniform
from raylign.acquisition.logistic import Array, Candidates, fit, logits

BETA, GAMMA = 1.0, 0.01
ARMS = {"uniform": "uniform", "gap": "reward gap (PMC)", "apo": "APO", "adpo": "ADPO", "adpo_plus": "ADPO+"}

Errors = Mapping[str, Sequence[float]]
"""By arm, at each number of labels."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=2**16)
    parser.add_argument("--dimension", type=int, default=64)
    parser.add_argument("--labels", type=int, nargs="+", default=[2**k for k in range(8, 13)], help="rising")
    parser.add_argument("--deviation", type=float, default=2.0, help="of the true logits, and of the reference's")
    parser.add_argument("--flat", action="store_true", help="all dimensions of the features alike")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    runs = [one_seed(seed, options) for seed in range(options.seeds)]
    print(errors_table(runs, options.labels))
    print(f"\n{ratios_table(runs, options.labels)}")
    if options.json:
        options.json.write_text(json.dumps({"labels": options.labels, "runs": runs}, indent=2))


def one_seed(seed: int, options: argparse.Namespace) -> Errors:
    """The error of every arm at every number of labels."""
    rng = np.random.default_rng(seed)
    candidates, truth_D = world(options, rng)
    chance_N = 1 / (1 + np.exp(-logits(candidates, truth_D, beta=BETA)))
    labels_N = (rng.random(len(candidates)) < chance_N).astype(np.float64)

    def error(chosen: list[int]) -> float:
        theta_D = fit(candidates.of(chosen), labels_N[chosen], beta=BETA, ridge=GAMMA)
        return float(np.abs(candidates.features_ND @ (theta_D - truth_D)).max())

    most, found = options.labels[-1], {}
    for arm, choose in choosers(candidates, labels_N, most, rng).items():
        chosen = choose()  # each arm's choice of fewer labels is how this one begins
        found[arm] = [error(chosen[:count]) for count in options.labels]
    return found


def world(options: argparse.Namespace, rng: np.random.Generator) -> tuple[Candidates, Array]:
    """Pairs, their reference's bias, and theta_*."""
    dimensions = np.arange(1, options.dimension + 1)
    spread_D = np.ones(options.dimension) if options.flat else 1 / np.sqrt(dimensions)
    first_ND, second_ND = rng.normal(size=(2, options.pairs, options.dimension)) * spread_D
    features_ND = first_ND - second_ND
    features_ND /= np.linalg.norm(features_ND, axis=1).max()
    reference_D, truth_D = (
        theta_D * options.deviation / np.std(features_ND @ theta_D)
        for theta_D in rng.normal(size=(2, options.dimension))
    )
    return Candidates(features_ND=features_ND, bias_N=features_ND @ reference_D), truth_D


def choosers(
    candidates: Candidates, labels_N: Array, most: int, rng: np.random.Generator
) -> dict[str, Callable[[], list[int]]]:
    """ADPO and uniform see the labels of what they chose alone; the gap, as ADPO+, is of a fit on all logged labels."""
    settings: dict[str, Any] = {"beta": BETA, "gamma": GAMMA, "rng": rng}

    def online() -> list[int]:
        rounds, chosen = adpo(candidates, most, **settings), []
        asked = next(rounds, None)
        while asked is not None:
            chosen += asked
            try:
                asked = rounds.send(labels_N[asked].tolist())
            except StopIteration:
                break
        return chosen

    def gap() -> list[int]:
        theta_D = fit(candidates, labels_N, beta=BETA, ridge=GAMMA)
        return largest(np.abs(logits(candidates, theta_D, beta=BETA)), most)

    return {
        "uniform": lambda: uniform(candidates, most, rng=rng),
        "gap": gap,
        "apo": lambda: apo(candidates, most, **settings),
        "adpo": online,
        "adpo_plus": lambda: adpo_plus(candidates, labels_N, most, **settings),
    }


def errors_table(runs: Sequence[Errors], labels: Sequence[int]) -> str:
    """Mean and deviation over seeds."""
    lines = ["| largest logit error | " + " | ".join(f"{count:,} labels" for count in labels) + " |"]
    lines.append("|---" * (1 + len(labels)) + "|")
    for arm, label in ARMS.items():
        columns = zip(*(run[arm] for run in runs), strict=True)
        cells = [f"{fmean(values):.2f} ± {stdev(values) if len(runs) > 1 else 0:.2f}" for values in columns]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ratios_table(runs: Sequence[Errors], labels: Sequence[int]) -> str:
    """An arm's error with half the labels over uniform's with all: below 1, half are enough."""
    halves = [(labels.index(count // 2), at, count) for at, count in enumerate(labels) if count // 2 in labels]
    lines = ["| error of half the labels over uniform's of | " + " | ".join(f"{n:,}" for *_, n in halves) + " |"]
    lines.append("|---" * (1 + len(halves)) + "|")
    for arm, label in ARMS.items():
        cells = [
            _interval([math.log(run[arm][half] / run["uniform"][whole]) for run in runs]) for half, whole, _ in halves
        ]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _interval(logs: Sequence[float]) -> str:
    """Their geometric mean with its 95 % interval, by Student's t over seeds."""
    middle = fmean(logs)
    if len(logs) < 2:
        return f"{math.exp(middle):.2f}"
    reach = student.ppf(0.975, len(logs) - 1) * stdev(logs) / math.sqrt(len(logs))
    return f"{math.exp(middle):.2f} ({math.exp(middle - reach):.2f} to {math.exp(middle + reach):.2f})"


if __name__ == "__main__":
    main()
