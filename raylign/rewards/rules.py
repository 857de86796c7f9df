"""Verifiable rewards: what the task's own judges say, as a number, with no model but the policy."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from raylign import bounds
from raylign.judges.judge import Judge
from raylign.rewards.raters import Value
from raylign.rewards.reward import KnownPart
from raylign.types import Completion, Prompt
from raylign.verdicts import Verdict

NO_JUDGE = "no judge applies"

Weight = Annotated[float, Field(gt=0, le=bounds.FACTOR)]
Label = Annotated[str, Field(max_length=bounds.NAME)]


class RulesReward(KnownPart):
    """The share of the task's judges that a response satisfies, from 0 to 1.

    Only judges that apply to the prompt count. It goes by the verdicts that are there anyway; where ``enforce_judges``
    is false they are asked for its sake, and constrain nothing. It abstains where a judge that counts abstains: the
    share of the others would pay a policy for whatever silences a judge. An abstention that the job counts as a
    violation is one here too.
    """

    hears: ClassVar = True

    type: Literal["rules"] = "rules"
    weights: dict[Label, Weight] = Field(default_factory=dict, max_length=bounds.JUDGES)
    """How much each judge counts, by its name (or type, where it has none): those that are left out do not. All alike
    where absent."""

    def fits(self, judges: Sequence[Judge]) -> None:
        labels = [judge.label for judge in judges]
        if not labels:
            raise ValueError("a reward of type 'rules' is the share of the task's judges that hold: add `judges`")
        for label in self.weights:
            if label not in labels:
                near = get_close_matches(label, labels, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"judges: {', '.join(labels)}"
                raise ValueError(f"the reward's `weights` name {label!r}, which is no judge of the task; {hint}")

    def silent(self, judges: Sequence[Judge]) -> bool:
        return not any(self._weight(judge.label) for judge in judges)

    def tell(self, prompt: Prompt, completion: Completion, verdicts: Sequence[Verdict]) -> Value:
        """``sum of weights of the satisfied / sum of weights``, over the judges that the prompt has."""
        counted = [(verdict, weight) for verdict in verdicts if (weight := self._weight(verdict.judge))]
        for verdict, _ in counted:
            if verdict.satisfied is None:
                return f"judge {verdict.judge}: {verdict.reason}"
        whole = sum(weight for _, weight in counted)
        return sum(weight for verdict, weight in counted if verdict.satisfied) / whole if whole else NO_JUDGE

    def _weight(self, judge: str) -> float:
        return self.weights.get(judge, 0.0) if self.weights else 1.0
