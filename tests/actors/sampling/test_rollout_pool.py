"""Requests spread by load; a prompt's samples stay together; a worker lost on the way leaves no trace."""

from fakes import make_completion, make_prompt

from actors.sampling.rollout_pool import RolloutPool, spread
from raylign.errors import WorkerLost
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
