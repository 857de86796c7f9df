"""Requests spread by load; a prompt's samples stay together; a worker lost on the way leaves no trace."""

import pytest
from fakes import make_completion, make_prompt

from actors.sampling.rollout_pool import RolloutPool, spread
from actors.weights.published import Published
from raylign.errors import PublishFailed, WorkerLost
from raylign.types import Request


def requests(samples=4, max_tokens=(8,) * 6):
    return [
        Request(prompt=make_prompt(number=number), index=index, seed=0, max_tokens=tokens)
        for number, tokens in enumerate(max_tokens)
        for index in range(samples)
    ]


def test_every_request_is_served_once():
    wanted = requests()
    shares = spread(wanted, 4)
    served = [request for share in shares for request in share]
    assert sorted(map(repr, served)) == sorted(map(repr, wanted))


def test_a_prompt_s_samples_share_a_worker():
    shares = spread(requests(), 4)
    homes = [{request.prompt.id for request in share} for share in shares]
    assert sum(len(home) for home in homes) == 6


def test_load_counts_tokens_not_prompts():
    shares = spread(requests(max_tokens=(60, 10, 10, 10, 10, 10)), 2)
    assert [len({request.prompt.id for request in share}) for share in shares] == [1, 5]


def test_one_worker_gets_all_in_order():
    wanted = requests()
    assert spread(wanted, 1) == [wanted]


class Mortal:
    """A worker that dies once, after two handfuls. Its log-probs tell how many requests it was asked with."""

    def __init__(self):
        self.restarts = 0

    async def stream(self, method, requests, version, *, phase, seconds):
        for at, request in enumerate(requests):
            if at == 2 and not self.restarts:
                raise WorkerLost("rollout/0 died")
            yield [make_completion(request.prompt, request.index, logprob=-len(requests), version=version)]

    async def restart(self, lost):
        self.restarts += 1
        return True


async def test_a_replaced_worker_answers_as_the_lost_one_would_have_and_nothing_comes_twice():
    member, wanted = Mortal(), requests(samples=2)
    pool = RolloutPool([member], generate_s=10, publish_s=10)
    made = [completion async for handful in pool.generate(wanted) for completion in handful]
    assert member.restarts == 1
    assert sorted((one.prompt_id, one.index) for one in made) == sorted((one.prompt.id, one.index) for one in wanted)
    # An engine's last bits depend on what it is asked together.
    assert {one.logprobs[0] for one in made} == {-len(wanted)}


class Taking:
    """A worker that notes what it takes; it dies once, when it has taken so many buckets."""

    def __init__(self, *, dies_after=None, refuses=""):
        self.said, self.restarts, self._dies_after, self._refuses = [], 0, dies_after, refuses

    async def call(self, method, *args, phase, seconds, **settings):
        version, *buckets = args
        if self._refuses in buckets:
            raise PublishFailed(f"{self._refuses} arrived damaged")
        if self._dies_after == len(self.said):
            self._dies_after = None
            raise WorkerLost("rollout/0 died")
        self.said.append((method, version, buckets, *settings.values()))
        return {"tensors_checked": 3, "bytes": 7} if settings["last"] else None

    async def restart(self, lost):
        self.restarts += 1
        self.said.clear()
        return True


async def published(*buckets):
    made = Published()
    for bucket in buckets:
        await made.add(bucket)
    await made.close()
    return made


async def test_every_worker_takes_every_bucket_and_one_that_dies_begins_anew_and_proves_all():
    steady, mortal = Taking(), Taking(dies_after=1)
    pool = RolloutPool([steady, mortal], generate_s=10, publish_s=10)
    report = await pool.receive(await published("a", "b"), 4, verify_all=False)
    # verify_all, first, last
    assert steady.said == [("update", 4, ["a"], False, True, False), ("update", 4, ["b"], False, False, True)]
    assert mortal.said == [("update", 4, ["a"], True, True, False), ("update", 4, ["b"], True, False, True)]
    assert (report.workers, report.tensors_checked, report.bytes_sent, pool.version) == (2, 6, 14, 4)


async def test_many_workers_are_called_once_for_several_buckets():
    members = [Taking() for _ in range(65)]
    await RolloutPool(members, generate_s=10, publish_s=10).receive(await published("a", "b"), 4, verify_all=False)
    assert [member.said for member in members] == [[("update", 4, ["a", "b"], False, True, True)]] * 65


async def test_a_bucket_that_is_refused_fails_the_publish_before_anything_is_put_in_place():
    member = Taking(refuses="b")
    pool = RolloutPool([member], generate_s=10, publish_s=10)
    with pytest.raises(PublishFailed, match="b arrived damaged"):
        await pool.receive(await published("a", "b", "c"), 0, verify_all=False)
    assert not any(last for *_, last in member.said)
