"""A service of the operator's that rewards: rows go out, numbers come back (`raylign.judges.endpoints.rewards`)."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from raylign.judges.askers import Endpoint, EndpointName
from raylign.rewards.raters import Answered, Raters, Value
from raylign.rewards.reward import AskedPart


class EndpointReward(AskedPart):
    """The number that a service on the network gives each response. The operator registers it; a job names it."""

    runs_in: ClassVar = "endpoint"

    type: Literal["endpoint"] = "endpoint"
    endpoint: EndpointName
    """The service's name, as the operator registered it."""

    @property
    def summary(self) -> str:
        return self.name or self.endpoint

    def endpoints(self) -> tuple[Endpoint, ...]:
        return (Endpoint(endpoint=self.endpoint),)

    async def rate(self, raters: Raters, groups: Sequence[Answered]) -> list[list[Value]]:
        rows = [(prompt, completion.text) for prompt, completions in groups for completion in completions]
        (endpoint,) = self.endpoints()
        values: Iterator[Value] = iter(await raters.post(endpoint, rows))
        return [[next(values) for _ in completions] for _, completions in groups]
