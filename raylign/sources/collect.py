"""generate and judge: each completion is judged as it comes in, each prompt is rewarded when all of its are there."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import TypeAlias

from raylign.clock import Clock
from raylign.judges.annotator import Annotator
from raylign.judges.judge import applying
from raylign.rewards import overlong
from raylign.rewards.raters import Answered, Value
from raylign.rewards.reward import AskedPart, asked_parts, combine, rate
from raylign.sources.canaries import Flock, Rider
from raylign.sources.hearing import Heard, Row, heard
from raylign.spec.task import Task
from raylign.types import Completion, Group, Key, Preference, Prompt, Rating, Request, Sample, Sighting
from raylign.verdicts import Verdict, hear
from raylign.workers import Fleet

Said: TypeAlias = dict[str, Value]
"""Of one completion, by part of its reward."""


class Collector:
    """Turns requests into groups. One generation at a time: engines serve one step's requests before the next's."""

    def __init__(self, fleet: Fleet, tasks: Mapping[str, Task]) -> None:
        self.fleet = fleet
        self.tasks = tasks
        self.generating = asyncio.Lock()

    async def collect(
        self,
        requests: Sequence[Request],
        clock: Clock,
        *,
        baselines: Mapping[str, Sample] | None = None,
        annotate: bool = True,
        judge: bool = True,
        spare: bool = False,
        canaries: Flock | None = None,
        withheld: Set[str] = frozenset(),
    ) -> list[Group]:
        """Groups in the order of ``requests``, whatever order completions arrive in.

        Consumes: requests. Waits for: every verdict, reward and preference. Unblocked by: the workers, each under its
        own deadline. ``annotate``: ask annotators (training does, measuring does not). ``judge``: ask judges.
        ``spare``: but not those whose word changes nothing. ``canaries``: ride with the responses to their judges.
        (Training does both, measuring neither.) ``withheld``: tasks whose responses nobody is asked about yet; see
        `ask`.
        """
        wanted: dict[str, list[Request]] = defaultdict(list)
        for request in requests:
            wanted[request.prompt.id].append(request)
        riders = self._riders(requests, canaries) if canaries else {}
        arrived: dict[str, dict[int | None, Completion]] = defaultdict(dict)
        verdicts: dict[Key, tuple[Verdict, ...]] = {}
        sightings: dict[Key, tuple[Sighting, ...]] = {}
        ratings: dict[Key, Said] = {}
        preferences: dict[str, Preference] = {}

        async def judge_all(pairs: list[tuple[Prompt, Completion]]) -> None:
            rows = [
                self._row(prompt, completion, spare, riders.get(completion.key, ())) for prompt, completion in pairs
            ]
            for row, said in zip(rows, await self._hear(rows, ask=judge), strict=True):
                verdicts[row.completion.key] = said.verdicts
                sightings[row.completion.key] = said.sightings

        async def rate_all(groups: list[tuple[Prompt, list[Completion]]]) -> None:
            for (_, completions), said in zip(groups, await self.rate(groups), strict=True):
                ratings.update((completion.key, one) for completion, one in zip(completions, said, strict=True))

        async def prefer_all(pairs: list[tuple[Prompt, Completion, Completion]]) -> None:
            for (prompt, *_), preference in zip(pairs, await self.fleet.judges.prefer(pairs), strict=True):
                preferences[prompt.id] = preference

        try:
            async with asyncio.TaskGroup() as feedback:
                async with self.generating:
                    with clock.phase("generate"):
                        async for handful in self.fleet.rollouts.generate(requests):
                            whole: list[tuple[Prompt, list[Completion]]] = []
                            pairs: list[tuple[Prompt, Completion]] = []
                            for completion in handful:
                                asked = wanted[completion.prompt_id]
                                prompt, siblings = asked[0].prompt, arrived[completion.prompt_id]
                                siblings[completion.index] = completion
                                pairs.append((prompt, completion))
                                if len(siblings) == len(asked):
                                    whole.append((prompt, [siblings[request.index] for request in asked]))
                            pairs = [pair for pair in pairs if pair[0].task not in withheld]
                            told = [group for group in whole if group[0].task not in withheld]
                            if judged := [pair for pair in pairs if self.tasks[pair[0].task].judges]:
                                feedback.create_task(judge_all(judged))
                            if rated := [group for group in told if self.tasks[group[0].task].reward]:
                                feedback.create_task(rate_all(rated))
                            if annotate and (asked_of := self._pairs_to_annotate(told)):
                                feedback.create_task(prefer_all(asked_of))
                judging = clock.start("judge")
            clock.stop("judge", judging)
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None  # the first failure is the cause; the rest were cancelled by it

        groups = []
        for prompt_id, asked in wanted.items():
            samples = tuple(
                self.sample(
                    request.prompt,
                    arrived[prompt_id][request.index],
                    verdicts.get((prompt_id, request.index), ()),
                    ratings.get((prompt_id, request.index), {}),
                    limit=request.max_tokens,
                )
                for request in asked
            )
            group = Group(
                prompt=asked[0].prompt,
                samples=samples,
                baseline=(baselines or {}).get(prompt_id),
                preference=preferences.get(prompt_id),
                sightings=tuple(seen for request in asked for seen in sightings.get((prompt_id, request.index), ())),
            )
            groups.append(self._preferred(group) if annotate and group.prompt.task not in withheld else group)
        return groups

    async def ask(self, groups: Sequence[Group], *, limit: int) -> list[Group]:
        """Groups of a task that was `withheld`, with what judges, rewards and annotators say of them. ``limit``: tokens
        that a response might have had."""
        pairs = [(group.prompt, sample.completion) for group in groups for sample in group.samples]
        answered = [(group.prompt, [sample.completion for sample in group.samples]) for group in groups]
        to_annotate = self._pairs_to_annotate(answered)
        try:
            async with asyncio.TaskGroup() as feedback:
                judging = feedback.create_task(self.judge(pairs))
                rating = feedback.create_task(self.rate(answered))
                preferring = feedback.create_task(self.fleet.judges.prefer(to_annotate)) if to_annotate else None
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        verdicts = iter(judging.result())
        said = preferring.result() if preferring else []
        preferences = {prompt.id: one for (prompt, *_), one in zip(to_annotate, said, strict=True)}
        told = []
        for group, ratings in zip(groups, rating.result(), strict=True):
            samples = tuple(
                self.sample(group.prompt, one.completion, next(verdicts), rated, limit=limit)
                for one, rated in zip(group.samples, ratings, strict=True)
            )
            heard = replace(group, samples=samples, preference=preferences.get(group.prompt.id))
            told.append(self._preferred(heard))
        return told

    async def judge(self, pairs: Sequence[tuple[Prompt, Completion]], *, ask: bool = True) -> list[tuple[Verdict, ...]]:
        """For each pair, one verdict of every judge that the prompt has; of no more judges than decide. ``ask``: False
        where none will count, and all abstain."""
        rows = [self._row(prompt, completion, True, ()) for prompt, completion in pairs]
        return [said.verdicts for said in await self._hear(rows, ask=ask)]

    async def _hear(self, rows: Sequence[Row], *, ask: bool) -> list[Heard]:
        if ask:
            return await heard(self.fleet.judges, rows)
        return [Heard(verdicts=hear(judge.label for judge in row.judges), sightings=()) for row in rows]

    def _row(self, prompt: Prompt, completion: Completion, spare: bool, riders: tuple[Rider, ...]) -> Row:
        task = self.tasks[prompt.task]
        judges = applying(task.judges, prompt.metadata)
        return Row(prompt=prompt, completion=completion, judges=judges, sparing=spare and task.sparing, riders=riders)

    def _riders(self, requests: Sequence[Request], canaries: Flock) -> dict[Key, tuple[Rider, ...]]:
        return {
            (request.prompt.id, request.index): canaries.riders(
                request, applying(self.tasks[request.prompt.task].judges, request.prompt.metadata)
            )
            for request in requests
        }

    async def rate(self, groups: Sequence[Answered]) -> list[list[Said]]:
        """For each prompt's completions, what workers say of them, by part of the reward."""
        said: list[list[Said]] = [[{} for _ in completions] for _, completions in groups]
        asked_of: dict[tuple[str, str], tuple[AskedPart, list[int]]] = {}
        for position, (prompt, _) in enumerate(groups):
            if reward := self.tasks[prompt.task].reward:
                for part in asked_parts(reward):
                    asked_of.setdefault((prompt.task, part.label), (part, []))[1].append(position)

        async def ask(part: AskedPart, positions: list[int]) -> None:
            values = await self.fleet.judges.reward(part, [groups[at] for at in positions])
            for position, row in zip(positions, values, strict=True):
                for one, value in zip(said[position], row, strict=True):
                    one[part.label] = value

        try:
            async with asyncio.TaskGroup() as raters:
                for part, positions in asked_of.values():
                    raters.create_task(ask(part, positions))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return said

    def sample(
        self,
        prompt: Prompt,
        completion: Completion,
        verdicts: Sequence[Verdict],
        said: Said,
        *,
        limit: int | None = None,
    ) -> Sample:
        """The completion with its verdicts, and its reward by these and by what workers ``said``.

        ``limit``: the tokens that it might have had, where it was sampled.
        """
        task = self.tasks[prompt.task]
        judged = Sample(completion=completion, verdicts=tuple(verdicts), must_fit=task.enforce_judges)
        if task.reward is None:
            return judged
        ratings = rate(task.reward, prompt, completion, verdicts, said)
        value = combine(task.reward, ratings)
        if isinstance(value, str):
            return replace(judged, reward_problem=value, ratings=ratings)
        charge = task.overlong.charge(completion, limit) if task.overlong and limit else None
        if charge is None:
            return replace(judged, reward=value, ratings=ratings)
        return replace(judged, reward=value + charge, ratings=(*ratings, Rating(reward=overlong.LABEL, value=charge)))

    def _pairs_to_annotate(
        self, whole: Sequence[tuple[Prompt, list[Completion]]]
    ) -> list[tuple[Prompt, Completion, Completion]]:
        """Pairs for annotators that workers run; identical responses are not worth asking about."""
        pairs = []
        for prompt, completions in whole:
            annotator = self._annotator(prompt)
            if annotator and annotator.asks():
                first, second = completions
                if first.token_ids != second.token_ids:
                    pairs.append((prompt, first, second))
        return pairs

    def _preferred(self, group: Group) -> Group:
        """With the word of an annotator that nobody has to be asked for."""
        annotator = self._annotator(group.prompt)
        if annotator is None or annotator.asks():
            return group
        first, second = group.samples
        return replace(group, preference=annotator.prefer(first, second))

    def _annotator(self, prompt: Prompt) -> Annotator | None:
        return self.tasks[prompt.task].method.needs.annotator
