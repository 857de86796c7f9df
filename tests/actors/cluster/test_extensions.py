"""What nodes lack of other distributions is found before an actor is sent a class of theirs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from distribution import install_distribution
from loop_job import make_job
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group

from actors.cluster.extensions import require_extensions
from raylign.errors import RunError
from raylign.extensions import extended
from raylign.judges.rules.rule import RuleJudge
from raylign.spec import Job

JUDGE = """
from typing import Literal
from raylign.judges.rules.rule import RuleJudge
from raylign.verdicts import SATISFIED

class Poem(RuleJudge):
    type: Literal["poem"] = "poem"
    def rule(self, case): return SATISFIED
    @property
    def limit_s(self): return 1.0
"""


def asking(judge: Any) -> Job:
    job = make_job()
    task = job.tasks[0].model_copy(update={"judges": (judge,)})
    return job.model_copy(update={"tasks": (task, *job.tasks[1:])})


async def test_a_job_of_the_librarys_own_kinds_asks_nobody() -> None:
    await require_extensions(make_job(), None, job_id="j")  # type: ignore[arg-type]


@pytest.fixture
def group(shared_ray: str) -> Iterator[PlacementGroup]:
    made = placement_group([{"CPU": 0.25}, {"CPU": 0.25}])
    ray.get(made.ready())
    yield made
    remove_placement_group(made)


@pytest.mark.ray
async def test_what_the_driver_has_and_a_node_has_not_ends_the_run(
    group: PlacementGroup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    points = install_distribution(tmp_path, "poems", JUDGE, poem="Poem")
    (kind,) = extended((), group="raylign.judges", bases=(RuleJudge,), found=points)
    with pytest.raises(RunError, match=r"^node [\d.]+ has no poems, and `type: poem` of task 'math' needs poems 1\.5"):
        await require_extensions(asking(kind()), group, job_id="j")
