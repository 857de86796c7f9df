"""What Prometheus should wake somebody for, as rules that it reads."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One rule."""

    name: str
    expr: str
    """True, for Prometheus, while it gives a series."""
    lasting: str
    """How long it has to be true before anybody is woken."""
    says: str
    """What is wrong and what to do, with labels in Prometheus's braces."""
    severity: str = "warning"


OF = "{{ $labels.align_job }}"
ALERTS = (
    Alert(
        name="RaylignStepTakesLong",
        expr="(max by (align_job) (ray_raylign_step) == max by (align_job) (ray_raylign_step offset 30m)) "
        "< max by (align_job) (ray_raylign_steps)",
        lasting="5m",
        says=f"{OF} has made no step for half an hour and its driver lives: its page names what it waits for",
    ),
    Alert(
        name="RaylignConstraintsBreak",
        expr="max by (align_job, task) (ray_raylign_satisfied) "
        "< 0.8 * max by (align_job, task) (max_over_time(ray_raylign_satisfied[2h]))",
        lasting="10m",
        says=f"{OF}, task {{{{ $labels.task }}}}: satisfies its judges a fifth less than it did: read its samples",
    ),
    Alert(
        name="RaylignJudgeAbstains",
        expr="max by (align_job, task, judge) (ray_raylign_judge_abstained) "
        "/ on (align_job, task) group_left max by (align_job, task) (ray_raylign_examples) > 0.2",
        lasting="10m",
        says=f"{OF}: judge {{{{ $labels.judge }}}} of {{{{ $labels.task }}}} has no word on many responses: its "
        "reasons are among the events",
    ),
    Alert(
        name="RaylignCanariesDrift",
        expr="min by (align_job, task, judge) (ray_raylign_canary_agreement) < 0.9",
        lasting="10m",
        says=f"{OF}: judge {{{{ $labels.judge }}}} misjudges responses whose verdict is known",
        severity="critical",
    ),
    Alert(
        name="RaylignSamplerDisagrees",
        expr="max by (align_job) (ray_raylign_logprob_gap_max) > 1",
        lasting="10m",
        says=f"{OF}: trainer and sampler give the same tokens other probabilities: the weights differ, or the dtypes",
        severity="critical",
    ),
)
"""All of them."""


def rules() -> dict[str, Any]:
    """The document that Prometheus loads."""
    return {
        "groups": [
            {
                "name": "raylign",
                "rules": [
                    {
                        "alert": alert.name,
                        "expr": alert.expr,
                        "for": alert.lasting,
                        "labels": {"severity": alert.severity},
                        "annotations": {"summary": alert.says},
                    }
                    for alert in ALERTS
                ],
            }
        ]
    }
