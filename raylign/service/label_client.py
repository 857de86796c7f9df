"""Label queues of a gateway, from outside."""

from collections.abc import Callable
from typing import Any, Literal

import httpx

from raylign.sources.desk import Shown
from raylign.sources.labelling import Contradicting, Verdict

LabelQueueDict = dict[str, Any]
"""A queue as the API shows it; see `raylign.service.label_views.LabelQueueDetail`."""
PREFIX = "/v1/label-queues"


class LabelClient:
    """A gateway's label queues: ``client.labels``. Calls raise what the gateway raised, or `GatewayUnreachable`."""

    def __init__(self, call: Callable[..., httpx.Response]) -> None:
        self._call = call

    def create(
        self, name: str, *, dataset: str | None = None, job: str | None = None, task: str | None = None, seed: int = 0
    ) -> LabelQueueDict:
        """Of a dataset's pairs, or of those that a ``job`` chose for a ``task``."""
        wanted = {"name": name, "dataset": dataset, "job": job, "task": task, "seed": seed}
        # Parquet of many pairs is read by a process that has two minutes.
        made: LabelQueueDict = self._call("POST", PREFIX, json=wanted, timeout=httpx.Timeout(150, connect=5)).json()
        return made

    def all(self) -> list[LabelQueueDict]:
        """Newest first."""
        found: list[LabelQueueDict] = self._call("GET", PREFIX).json()["data"]
        return found

    def get(self, queue: str) -> LabelQueueDict:
        """One, by its name or id, with how far labellers have come and agree."""
        found: LabelQueueDict = self._call("GET", f"{PREFIX}/{queue}").json()
        return found

    def next(self, queue: str, labeller: str) -> dict[str, Any]:
        """``{"pair": {"key", "prompt", "left", "right"}, "done", "pairs"}``; its pair is None where none is left."""
        found: dict[str, Any] = self._call("GET", f"{PREFIX}/{queue}/next", params={"labeller": labeller}).json()
        return found

    def say(self, queue: str, pair: str, labeller: str, verdict: Verdict | Literal["none"]) -> dict[str, Any]:
        """Say which response is better; ``none`` takes that back. Returns what is `next`."""
        said = {"pair": pair, "labeller": labeller, "verdict": verdict}
        found: dict[str, Any] = self._call("POST", f"{PREFIX}/{queue}/verdicts", json=said).json()
        return found

    def export(self, queue: str, dataset: str, *, contradicting: Contradicting = "majority") -> dict[str, Any]:
        """Make a dataset of what labellers preferred: ``{"id", "dataset", "state", "counts"}``. Raises `Taken`."""
        wanted = {"dataset": dataset, "contradicting": contradicting}
        made: dict[str, Any] = self._call("POST", f"{PREFIX}/{queue}/export", json=wanted).json()
        return made

    def delete(self, queue: str) -> None:
        """With all that was said."""
        self._call("DELETE", f"{PREFIX}/{queue}")

    def desk(self, queue: str, labeller: str) -> "QueueDesk":
        """Where somebody labels pair after pair, as `raylign.sources.desk.Desk` has it."""
        return QueueDesk(self, queue, labeller)


class QueueDesk:
    """A labeller's, at a queue of a gateway."""

    def __init__(self, client: LabelClient, queue: str, labeller: str) -> None:
        self._client, self._queue, self._labeller = client, queue, labeller
        self._next: dict[str, Any] | None = None

    def next(self) -> Shown | None:
        """As the gateway says."""
        told = self._next or self._client.next(self._queue, self._labeller)
        self._next = told
        if (pair := told["pair"]) is None:
            return None
        turns = tuple((turn["role"], turn["content"]) for turn in pair["prompt"])
        counts = {"done": told["done"], "pairs": told["pairs"]}
        return Shown(key=pair["key"], turns=turns, left=pair["left"], right=pair["right"], **counts)

    def say(self, key: str, verdict: Verdict) -> None:
        """The gateway has it from here on."""
        self._next = self._client.say(self._queue, key, self._labeller, verdict)

    def unsay(self, key: str) -> None:
        """Take a verdict back."""
        self._next = self._client.say(self._queue, key, self._labeller, "none")
