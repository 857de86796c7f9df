"""What the science runs compare: one job, many methods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from raylign.spec import Job, load_job, parse_job

EXAMPLES = Path(__file__).parents[2] / "examples"
STEPS = 16
EVAL_PROMPTS = 64
BEGINNING = "({}.split()[:8] | join(' '))"
ANNOTATOR = {
    "type": "llm",
    "model": str(EXAMPLES / "tiny" / "judge"),
    "template": "Which answer is better?\nUser: {{ prompt }}\n1: {{ first }}\n2: {{ second }}\nAnswer:",
}


Pairs = Literal["extremes", "anchored", "rank", "file"]
"""Of the starting policy's responses, kept in files: the best and the worst by reward; by the class of each prompt, as
`raylign pairs` makes them; the best and a random other. Or the tiny world's own files, made by an honest reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way to train: what it changes in the demo's job."""

    name: str
    label: str
    method: Mapping[str, Any] = field(default_factory=lambda: {"type": "crpg"})
    task: Mapping[str, Any] = field(default_factory=dict)
    """Changes to every task."""
    learning_rate: float = 5e-4
    warm: bool = False
    """Start from the policy warmed up by offline DPO, and be held to it."""
    trains: bool = True
    beforehand: bool = False
    """On responses of the starting policy alone: all are sampled before the first step."""
    epochs: int = 1
    """Of those that are sampled beforehand: so many steps go over the same ones, one after another."""
    pairs: Pairs | None = None
    """The method is one of a job of pairs, which are made so."""
    select: Mapping[str, Any] | None = None
    """Of a job of pairs: which of them are learned from."""
    tasks: Sequence[str] = ()
    """Only these of the demo's, where it names some."""
    times: int = 1
    """So many times the steps of the others."""
    against: Sequence[str] = ()
    """Arms that it is to be better than, by what its paper says."""


def crpg(**settings: Any) -> dict[str, Any]:
    return {"type": "crpg", **settings}


START = Arm(name="start", label="starting policy", trains=False)
MAIN = [
    START,
    Arm(name="reward-only", label="CRPG without judges", task={"enforce_judges": False}),
    Arm(name="grpo-reward", label="GRPO on the reward", method={"type": "grpo"}),
    Arm(name="grpo-bonus", label="GRPO, judges as a bonus", method={"type": "grpo", "judge_bonus": 2.0}),
    Arm(name="crpg", label="CRPG"),
    Arm(name="codpo", label="CODPO", method={"type": "codpo"}),
    Arm(name="crraft", label="CRRAFT", method={"type": "crraft"}),
    Arm(
        name="oaif",
        label="OAIF",
        method={"type": "oaif", "annotator": ANNOTATOR},
        task={"prompts_per_step": 16, "samples_per_prompt": 2},
    ),
]
ABLATIONS = [
    Arm(name="crpg-uncalibrated", label="CRPG, reward not calibrated", method=crpg(calibrate=False)),
    Arm(name="crpg-no-kl-factor", label="CRPG, KL factor off", method=crpg(kl_max=1e9)),
    Arm(name="warm", label="offline DPO alone", warm=True, trains=False),
    Arm(name="warm-crpg", label="offline DPO, then CRPG", warm=True),
]
RULES = {"reward": {"type": "rules"}}
VERIFIABLE = [
    START,
    Arm(name="reward-only", label="CRPG without judges", task={"enforce_judges": False}),
    Arm(name="rules-grpo", label="GRPO on the rules", method={"type": "grpo"}, task=RULES),
    Arm(name="rules-crpg", label="CRPG on the rules", task=RULES),
    Arm(name="rules-codpo", label="CODPO on the rules", method={"type": "codpo"}, task=RULES),
    Arm(name="rules-crraft", label="CRRAFT on the rules", method={"type": "crraft"}, task=RULES),
    Arm(
        name="rules-oaif",
        label="OAIF, the rules annotate",
        method={"type": "oaif", "annotator": {"type": "reward"}},
        task={**RULES, "prompts_per_step": 16, "samples_per_prompt": 2},
    ),
]
"""With no model but the policy, and what the reward model alone does to the same tasks."""
VALUES = [
    START,
    *(
        Arm(
            name=f"vcb-{nats:g}",
            label=f"VCB, {nats:g} nats a sigma",
            method={"type": "vcb", "nats_per_sigma": nats},
            beforehand=True,
            against=("dpo-0.1", "dpo-0.3", "dpo-1"),
        )
        for nats in (0.5, 1.0, 2.0)
    ),
    *(
        Arm(
            name=f"dpo-{beta:g}",
            label=f"DPO on best and worst, beta {beta:g}",
            method={"type": "codpo", "beta": beta, "likelihood_weight": 0.0},
            task={"enforce_judges": False},
            beforehand=True,
        )
        for beta in (0.1, 0.3, 1.0)
    ),
]
"""Rewards' values against their order, on the same responses of the starting policy."""
ONLINE_BASELINES = [
    START,
    Arm(name="crpg", label="CRPG"),
    Arm(name="lagrangian", label="Lagrangian", method={"type": "lagrangian", "rate": 0.5}),
    Arm(name="rloo", label="RLOO, judges as a bonus", method={"type": "rloo", "judge_bonus": 2.0}),
    Arm(
        name="dr-grpo",
        label="Dr. GRPO, judges as a bonus",
        method={"type": "grpo", "normalize": False, "beta": 0.0, "judge_bonus": 2.0},
        task={"per": "limit", "max_tokens": 40},
    ),
]
"""What users compare CGPO with."""
MASKS = [
    Arm(
        name=f"{name}-{beta:g}",
        label=f"{label}, beta {beta:g}",
        method={**method, "beta": beta},
        pairs="extremes",
        tasks=("chat", "instructions"),
        against=() if name == "tdpo" or beta == 3.0 else (f"tdpo-{beta:g}",),
    )
    for name, label, method, betas in (
        ("tdpo", "TDPO2", {"type": "tdpo"}, (0.03, 0.1, 0.3, 1.0)),
        ("sparsepo", "SparsePO, common mask", {"type": "sparsepo", "l1_ratio": 0.01}, (0.1, 0.3, 1.0, 3.0)),
        ("mapo", "MaPO", {"type": "mapo"}, (0.1, 0.3, 1.0, 3.0)),
    )
    for beta in betas
]
"""Learned and activation masks against TDPO2, on the same pairs."""
OAIF = next(arm for arm in MAIN if arm.name == "oaif")
BEGINNINGS = (
    ANNOTATOR["template"].replace("first", BEGINNING.format("first")).replace("second", BEGINNING.format("second"))
)
FEEDBACK = [
    replace(
        OAIF,
        name="oaif-chat",
        label="OAIF, chat, three times the steps",
        tasks=("chat",),
        times=3,
        against=("oaif-chat-offline-1", "oaif-chat-offline-4", "oaif-chat-offline-8"),
    ),
    *(
        replace(
            OAIF,
            name=f"oaif-chat-offline-{epochs}",
            label=f"the same loss on {768 // epochs} pairs sampled once, epochs: {epochs}",
            tasks=("chat",),
            times=3,
            beforehand=True,
            epochs=epochs,
        )
        for epochs in (1, 4, 8)
    ),
    replace(
        OAIF,
        name="oaif-chat-beginnings",
        label="OAIF, chat, the prompt shows eight words of each answer",
        tasks=("chat",),
        times=3,
        against=("oaif-chat",),
        method={**OAIF.method, "annotator": {**ANNOTATOR, "template": BEGINNINGS}},
    ),
]
"""Online against offline where offline has a file's fate, and what the annotator's prompt alone does to the length. The
tiny judge was taught one question and reads no instruction: what its prompt can say is what it is shown."""
ANCHORED = [
    Arm(
        name=name,
        label=label,
        method={"type": "direct", "loss": "dpo", "beta": 0.1},
        pairs=name,
        tasks=("math", "code"),
        against=("rank",) if name == "anchored" else (),
    )
    for name, label in (("anchored", "DPO on anchored pairs"), ("rank", "DPO on ranked pairs"))
]
"""Right answers are what judges say, scores are rewards, the consultant is the data's own answer."""
BUDGET = [
    Arm(
        name=f"pairs-{name}",
        label=f"DPO on {label}",
        method={"type": "direct", "loss": "dpo", "beta": 0.1},
        task={"prompts_per_step": 16},
        pairs="file",
        select=select,
        tasks=("chat", "math"),
        against=("pairs-uniform", "pairs-uniform-half") if name == "adpo_plus" else (),
    )
    for name, label, select in (
        ("all", "all pairs of a file", None),
        ("adpo_plus", "32 of them by ADPO+", {"type": "adpo_plus", "budget": 32}),
        ("uniform-half", "32 of them by chance", {"type": "uniform", "budget": 32}),
        ("uniform", "64 of them by chance", {"type": "uniform", "budget": 64}),
    )
]
"""Labels that are worth their price: the same steps on fewer pairs."""
PAPERS = [
    START,
    replace(OAIF, against=("oaif-offline",)),
    replace(OAIF, name="oaif-offline", label="the same loss on pairs sampled once", beforehand=True),
    Arm(name="crpg", label="CRPG", against=("lagrangian-0", "lagrangian-0.2", "lagrangian-near")),
    Arm(
        name="lagrangian-near",
        label="Lagrangian, target 0, held nearer (beta 0.2)",
        method={"type": "lagrangian", "rate": 0.5, "target": 0.0, "beta": 0.2},
    ),
    *(
        Arm(
            name=f"lagrangian-{target:g}",
            label=f"Lagrangian, target {target:g}",
            method={"type": "lagrangian", "rate": 0.5, "target": target},
        )
        for target in (0.0, 0.2)
    ),
    *VALUES[1:],
    *FEEDBACK,
    *ANCHORED,
    *BUDGET,
    *MASKS,
    *(arm for arm in ONLINE_BASELINES if arm.name in ("rloo", "dr-grpo")),
]
"""What each paper says of its method, against the control that it names."""
SHORT = [arm for arm in MAIN if arm.name in ("start", "reward-only", "grpo-bonus", "crpg", "codpo")]


def _batch(prompts: int, samples: int) -> dict[str, int]:
    return {"prompts_per_step": prompts, "samples_per_prompt": samples}


def _varied(name: str, key: str, values: list[Any], base: Mapping[str, Any]) -> list[Arm]:
    return [
        Arm(name=f"{name}-{key}-{value:g}", label=f"{name.upper()}, {key} {value:g}", method={**base, key: value})
        for value in values
    ]


def _common(name: str, method: Mapping[str, Any]) -> list[Arm]:
    """Learning rate and K, at 32 samples of a task in a step."""
    rates = [
        Arm(name=f"{name}-rate-{rate:g}", label=f"{name.upper()}, rate {rate:g}", method=method, learning_rate=rate)
        for rate in (2e-4, 1e-3)
    ]
    if method["type"] == "oaif":
        return [
            Arm(name=arm.name, label=arm.label, method=method, learning_rate=arm.learning_rate, task=_batch(16, 2))
            for arm in rates
        ]
    shapes = [
        Arm(
            name=f"{name}-K-{samples}",
            label=f"{name.upper()}, K {samples}",
            method=method,
            task=_batch(prompts, samples),
        )
        for prompts, samples in ((16, 2), (4, 8))
    ]
    return [*rates, *shapes]


def sweep() -> list[Arm]:
    """One setting moved at a time, around what the main arms use."""
    arms = []
    methods = {
        "crpg": {"type": "crpg"},
        "codpo": {"type": "codpo"},
        "crraft": {"type": "crraft"},
        "grpo": {"type": "grpo", "judge_bonus": 2.0},
        "oaif": {"type": "oaif", "annotator": ANNOTATOR},
    }
    for name, method in methods.items():
        arms += _common(name, method)
    arms += _varied("crpg", "kl_max", [3.0, 30.0], methods["crpg"])
    arms += _varied("crraft", "kl_max", [3.0, 30.0], methods["crraft"])
    arms += _varied("codpo", "beta", [0.03, 0.3], methods["codpo"])
    arms += _varied("codpo", "likelihood_weight", [0.0, 1.0], methods["codpo"])
    arms += _varied("grpo", "judge_bonus", [0.5, 8.0], methods["grpo"])
    arms += [
        Arm(
            name=f"oaif-beta-{beta:g}",
            label=f"OAIF, beta {beta:g}",
            task=_batch(16, 2),
            method={**methods["oaif"], "beta": beta},
        )
        for beta in (0.03, 0.3)
    ]
    return arms


SETS = {
    "main": MAIN,
    "ablations": ABLATIONS,
    "verifiable": VERIFIABLE,
    "online-baselines": ONLINE_BASELINES,
    "short": SHORT,
    "values": VALUES,
    "papers": PAPERS,
    "sweep": sweep(),
}


def pairs_job(sampled: Job, arm: Arm, files: Path) -> Job:
    """The job of pairs that an arm trains by, on ``TASK.jsonl`` of ``files``.

    Of the tiny world's own pairs, which hold no facts for judges, a quarter is held out, and its prompts are answered;
    else the demo's are.
    """
    document = sampled.model_dump(mode="json", exclude_unset=True)
    kept = ("name", "prompts_per_step", "reward", *(() if arm.pairs == "file" else ("eval_prompts", "judges")))
    tasks = [
        {key: task[key] for key in kept if key in task}
        | {"prompts": {"path": str(files / f"{task['name']}.jsonl")}, "method": dict(arm.method)}
        | ({"select": dict(arm.select)} if arm.select else {})
        | ({"holdout": 0.25} if arm.pairs == "file" else {})
        for task in document["tasks"]
    ]
    evaluation = {"prompts": EVAL_PROMPTS, "rows": EVAL_PROMPTS if arm.pairs == "file" else 0}
    return parse_job({**document, "kind": "preferences", "tasks": tasks, "evaluation": evaluation})


def job_of(arm: Arm, seed: int, *, steps: int, tasks: Sequence[str] = (), policy: str | None = None) -> Job:
    """The demo's tasks, or those named, under ``arm``; ``policy``: a directory in place of the tiny policy.

    Of an arm of pairs the job that samples what these are made of.
    """
    document = load_job(EXAMPLES / "demo.yaml").model_dump(mode="json")
    named = arm.tasks or tasks
    document["tasks"] = [task for task in document["tasks"] if not named or task["name"] in named]
    for task in document["tasks"]:
        task |= {"method": {"type": "rloo"} if arm.pairs else dict(arm.method), **arm.task}
    document["trainer"]["learning_rate"] = arm.learning_rate
    steps *= arm.times
    document |= {"name": arm.name, "seed": seed, "steps": steps, "evaluation": {"prompts": EVAL_PROMPTS}}
    document["checkpoint"]["every"] = steps
    if policy is not None:
        document["policy"]["model"] = policy
    return parse_job(document)
