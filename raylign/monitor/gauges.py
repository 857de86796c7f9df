"""Every metric that a run shows Prometheus, declared here and nowhere else. On the wire Ray puts `ray_` before it."""

from raylign.monitor import readings as read
from raylign.monitor.gauge import Gauge

TASK, JUDGE, NAMED = ("task",), ("task", "judge"), ("task", "name")
GAUGES = (
    Gauge(
        name="satisfied",
        means="Share of responses that satisfy all judges of the task",
        unit="share",
        labels=TASK,
        read=read.by_task(lambda task: task.satisfied),
    ),
    Gauge(
        name="judge_satisfied",
        means="Share of responses that satisfy this judge",
        unit="share",
        labels=JUDGE,
        read=read.by_name(lambda task: task.judges),
    ),
    Gauge(
        name="judge_seconds",
        means="Seconds that this judge takes for a response, mean",
        unit="seconds",
        labels=JUDGE,
        read=read.by_name(lambda task: {label: figures.mean_s for label, figures in task.verdicts.items()}),
    ),
    Gauge(
        name="judge_abstained",
        means="Responses of the step on which this judge abstained",
        labels=JUDGE,
        read=read.by_name(
            lambda task: {label: sum(figures.abstained.values()) for label, figures in task.verdicts.items()}
        ),
    ),
    Gauge(
        name="canary_agreement",
        means="Share of canaries on which this judge says what is known",
        unit="share",
        labels=JUDGE,
        read=read.by_name(lambda task: {label: seen.agreement for label, seen in task.canaries.items()}),
    ),
    Gauge(name="reward", means="Reward, mean over responses", labels=TASK, read=read.by_task(lambda task: task.reward)),
    Gauge(
        name="calibrated_reward",
        means="Reward calibrated by the baseline response, mean",
        labels=TASK,
        read=read.by_task(lambda task: task.calibrated),
    ),
    Gauge(
        name="reward_part",
        means="Each part of a reward that has several, mean",
        labels=NAMED,
        read=read.by_name(lambda task: task.rewards),
    ),
    Gauge(
        name="kl",
        means="KL against the reference, nats a response",
        labels=TASK,
        read=read.by_task(lambda task: task.kl),
    ),
    Gauge(
        name="response_tokens",
        means="Length of a response, tokens, mean",
        labels=TASK,
        read=read.by_task(lambda task: task.tokens),
    ),
    Gauge(
        name="truncated",
        means="Share of responses cut off at the length limit",
        unit="share",
        labels=TASK,
        read=read.by_task(lambda task: task.truncated),
    ),
    Gauge(
        name="abstained",
        means="Share of responses on which the judges together have no word",
        unit="share",
        labels=TASK,
        read=read.by_task(lambda task: task.abstained),
    ),
    Gauge(
        name="examples",
        means="Terms of the task's loss in the step",
        labels=TASK,
        read=read.by_task(lambda task: task.examples),
    ),
    Gauge(
        name="skips",
        means="Prompts and samples of the step left out, by reason",
        labels=("task", "reason"),
        read=read.by_name(lambda task: task.skips),
    ),
    Gauge(
        name="method",
        means="What the task's method says of itself, such as a multiplier",
        labels=NAMED,
        read=read.by_name(lambda task: task.method),
    ),
    Gauge(
        name="loss_part",
        means="What the task's loss says of itself, such as a clip share or a margin",
        labels=NAMED,
        read=read.loss_parts,
    ),
    Gauge(name="task_grad_norm", means="Norm of the task's part of the gradient", labels=TASK, read=read.task_norms),
    Gauge(name="loss", means="Loss of the step, all tasks together", read=read.trained("loss")),
    Gauge(name="grad_norm", means="Norm of the gradient before clipping", read=read.trained("grad_norm")),
    Gauge(name="learning_rate", means="Learning rate", read=read.trained("learning_rate")),
    Gauge(
        name="logprob_gap_max",
        means="Largest gap of a token's log-prob, trainer to sampler, nats",
        read=read.trained("logprob_gap_max"),
    ),
    Gauge(
        name="padding",
        means="Share of the trainer's batches that is padding",
        unit="share",
        read=read.trained("padding"),
    ),
    Gauge(name="step", means="Steps made", read=read.of_step(lambda step: step.step + 1)),
    Gauge(name="steps", means="Steps of the whole run", read=read.steps),
    Gauge(
        name="step_seconds", means="Seconds of the step", unit="seconds", read=read.of_step(lambda step: step.step_s)
    ),
    Gauge(
        name="phase_seconds", means="Seconds of the step by phase", unit="seconds", labels=("phase",), read=read.phases
    ),
    Gauge(
        name="tokens_per_second",
        means="Response tokens a second of the step",
        read=read.of_step(lambda step: step.tokens_per_s),
    ),
    Gauge(
        name="weights_version",
        means="Version of the weights after the step",
        read=read.of_step(lambda step: step.version),
    ),
    Gauge(
        name="staleness",
        means="Versions between the weights that sampled and those that are trained",
        read=read.of_step(lambda step: step.staleness),
    ),
    Gauge(name="checkpoint_step", means="Steps made when the last checkpoint was committed", read=read.checkpoint),
    Gauge(
        name="checkpoint_seconds",
        means="Seconds for which training stood still for the last checkpoint, uploads to a store among them",
        unit="seconds",
        read=read.checkpoint_seconds,
    ),
    Gauge(
        name="evaluation_satisfied",
        means="Share of held-out responses that satisfy all judges",
        unit="share",
        labels=TASK,
        read=read.evaluated(lambda task: task.satisfied),
    ),
    Gauge(
        name="evaluation_reward",
        means="Reward of held-out responses, mean",
        labels=TASK,
        read=read.evaluated(lambda task: task.reward),
    ),
)
"""All of them."""
