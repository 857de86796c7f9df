"""One endpoint's worker: whoever asks it asks here, so that its limits hold for a job's judges together."""

from collections.abc import Sequence
from typing import Any

from raylign.judges.askers import Question
from raylign.judges.endpoints import rewards
from raylign.judges.endpoints.answers import EndpointAnswers
from raylign.judges.endpoints.line import Line
from raylign.judges.endpoints.registry import find
from raylign.secrets import find as find_secret
from raylign.types import Prompt

MARGIN = 0.9
"""Of a call's deadline in which all of its requests must be answered."""


class EndpointWorker:
    """``name``: as registered. ``seconds``: the deadline of a call. ``secret``: the job's own key, by its name, in
    place of the operator's.

    Raises `RunError` where the endpoint or its key is not on this machine.
    """

    def __init__(self, *, name: str, seconds: float, secret: str | None = None) -> None:
        self.name = name
        self._endpoint = find(name)
        key = self._endpoint.key(name) if secret is None else find_secret(secret)
        self._line = Line(self._endpoint, key=key, seconds=MARGIN * seconds)
        self._answers = EndpointAnswers(self._endpoint, self._line)

    def ready(self) -> dict[str, Any]:
        """What it is, for people; neither where it is nor its key."""
        return {"endpoint": self.name, "concurrency": self._endpoint.concurrency}

    def ask(self, question: Question, rows: Sequence[Any]) -> list[Any]:
        """The question's answer to each row."""
        return question.ask(self._answers, rows)

    def rate(self, rows: Sequence[tuple[Prompt, str]]) -> list[float | str]:
        """The reward of each (prompt, response), from a service that rewards (`raylign.judges.endpoints.rewards`)."""
        return rewards.rate(self._line, rows, most=self._endpoint.rows)
