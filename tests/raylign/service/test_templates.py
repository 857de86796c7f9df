"""Jobs to begin with are jobs, and name files by whole paths."""

import pytest
from jobs import EXAMPLES
from service import Service

from raylign.plan.check import check_job
from raylign.service.templates import _template, templates
from raylign.spec import load_job, parse_job
from raylign.spec.document import read_yaml


def test_the_skeleton_is_a_job_that_names_no_file_here(tmp_path):
    (skeleton,) = templates(tmp_path)
    assert skeleton.name == "skeleton"
    assert skeleton.summary == "A first job: fill in the model and the prompts"
    assert parse_job(read_yaml(skeleton.text.encode())).steps == 100


@pytest.mark.parametrize("one", templates()[1:], ids=lambda one: one.name)
def test_an_example_means_from_anywhere_what_its_file_means(one):
    assert parse_job(read_yaml(one.text.encode())) == load_job(EXAMPLES / f"{one.name}.yaml")
    assert one.summary


def test_a_path_is_put_in_whole_words(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b").write_text("")
    (tmp_path / "x.yaml").write_text("# One. Two.\npath: a/b\nother: xa/b a/bc a/b/c\n")
    made = _template(tmp_path / "x.yaml")
    assert made.summary == "One"
    assert made.text.splitlines()[1:] == [f"path: {tmp_path}/a/b", "other: xa/b a/bc a/b/c"]
    assert len(templates(tmp_path)) == 1  # it is no job


def test_they_are_served(service: Service):
    with service.http() as http:
        names = [one["name"] for one in http.get("/v1/templates").json()["data"]]
    assert names[0] == "skeleton"
    assert "demo" in names
    assert check_job(load_job(EXAMPLES / "demo.yaml"))
