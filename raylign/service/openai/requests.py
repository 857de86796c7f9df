"""What is asked of fine-tuning, in OpenAI's words. What is not here is refused: nothing that is said is passed over."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from raylign import bounds
from raylign.service.openai.asked import Asked
from raylign.service.openai.graders import Grader

Auto: TypeAlias = Literal["auto"]
BatchSize = Annotated[int, Field(ge=1, le=bounds.PROMPTS_PER_STEP)]
Multiplier = Annotated[float, Field(gt=0, le=1000)]
Epochs = Annotated[int, Field(ge=1, le=50)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class Hyperparameters(Asked):
    """What every method may be told; ``"auto"`` is what stands absent."""

    batch_size: Auto | BatchSize = "auto"
    learning_rate_multiplier: Auto | Multiplier = "auto"
    n_epochs: Auto | Epochs = "auto"


class PairHyperparameters(Hyperparameters):
    """Of dpo."""

    beta: Auto | Annotated[float, Field(gt=0, le=2)] = "auto"


class SupervisedOptions(Asked):
    """Of supervised finetuning."""

    hyperparameters: Hyperparameters = Hyperparameters()


class PairOptions(Asked):
    """Of dpo."""

    hyperparameters: PairHyperparameters = PairHyperparameters()


class Supervised(Asked):
    """Demonstrations: chat rows that end in the assistant's answer."""

    type: Literal["supervised"]
    supervised: SupervisedOptions = SupervisedOptions()


class Pairs(Asked):
    """Preferences: rows of ``input``, ``preferred_output``, ``non_preferred_output``."""

    type: Literal["dpo"]
    dpo: PairOptions = PairOptions()


class ReinforcementHyperparameters(Hyperparameters):
    """Of reinforcement."""

    compute_multiplier: Auto | Annotated[float, Field(gt=0, le=16)] = "auto"
    """How many responses are sampled to each prompt, in eights."""
    eval_interval: Auto | Annotated[int, Field(ge=1, le=bounds.STEPS)] = "auto"
    """Steps between two evaluations; before and after alone where auto."""
    eval_samples: Auto | Annotated[int, Field(ge=1, le=bounds.EVAL_SAMPLES)] = "auto"
    reasoning_effort: Literal["default"] = "default"


class ReinforcementOptions(Asked):
    """Of reinforcement."""

    grader: Grader
    hyperparameters: ReinforcementHyperparameters = ReinforcementHyperparameters()
    response_format: None = None
    """None: responses are free text. A grader may look at ``sample.output_json``."""


class Reinforcement(Asked):
    """Prompts, and a grader of the policy's own responses."""

    type: Literal["reinforcement"]
    reinforcement: ReinforcementOptions


Method: TypeAlias = Annotated[Supervised | Pairs | Reinforcement, Field(discriminator="type")]


class NewFineTuning(Asked):
    """A fine-tuning job to be made."""

    model: Name
    """A name of the operator's, a job's result or checkpoint; or what ``policy.model`` of a job may be."""
    training_file: Name
    """A file's id, or the name of a dataset."""
    validation_file: Name | None = None
    method: Method | None = None
    """Supervised where absent."""
    hyperparameters: Hyperparameters | None = None
    """The old place of a supervised method's."""
    suffix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] | None = None
    """What people call the job."""
    seed: int | None = Field(default=None, ge=0, le=bounds.SEED)
    metadata: (
        dict[
            Annotated[str, StringConstraints(max_length=64)],
            Annotated[str, StringConstraints(max_length=512)],
        ]
        | None
    ) = Field(default=None, max_length=16)
    integrations: Annotated[list[None], Field(max_length=0)] | None = None
    """None: what curves are sent to is the operator's to say."""
