"""Label queues of a gateway, from the command line, and a sitting at one."""

import json

from service import KEY, live_service
from typer.testing import CliRunner
from uploads import Here

from raylign.cli.app import app


def test_a_queue_at_a_gateway_is_made_sat_at_and_exported(tmp_path, monkeypatch):
    pairs = tmp_path / "pairs.jsonl"
    rows = [{"prompt": f"question {at}", "chosen": f"good {at}", "rejected": f"bad {at}"} for at in range(4)]
    pairs.write_text("".join(f"{json.dumps(row)}\n" for row in rows))

    def said(*arguments, keys=""):
        done = CliRunner().invoke(app, [*arguments], input=keys)
        assert done.exit_code == 0, done.output + repr(done.exception)
        return done.stdout

    with live_service(tmp_path, inspecting=Here()) as running:
        monkeypatch.setenv("RAYLIGN_URL", running.url)
        monkeypatch.setenv("RAYLIGN_API_KEY", KEY)
        with running.client() as client:
            client.datasets.push(pairs)
            assert said("label-queues", "create", "q", "--dataset", "pairs") == "q  4 pairs\n"
            assert said("label-queues", "list") == "q\t4\tdataset pairs\n"
            shown = said("label", "q", "--labeller", "anna", keys="1=u2")
            assert [f"{at} of 4" in shown for at in (1, 2, 3)] == [True, True, True]
            assert "anna: 2 of 4 pairs" in shown
            told = json.loads(said("label", "q", "--labeller", "anna", "--json", keys="=q"))
            assert (told["said"], sum(told["labellers"]["anna"].values())) == (1, 3)
            assert "dataset://made  labelled 2, not labelled 1, tie 1" in said("label-queues", "export", "q", "made")
            assert len(client.datasets.content("made").splitlines()) == 2
            assert said("label-queues", "delete", "q") == "q  deleted\n"
        refused = CliRunner().invoke(app, ["label", "q", "--out", "x"])
        assert "label-queues export q DATASET" in str(refused.exception)
