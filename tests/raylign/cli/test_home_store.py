"""The store of a home, opened without a gateway."""

from raylign.cli.home_store import audited, home_store
from raylign.service.audit import Audit


def test_it_is_the_homes_or_that_of_a_url_and_what_is_done_is_written_down(tmp_path):
    with home_store(tmp_path / "home", None) as store:
        assert store.ready()
    assert (tmp_path / "home" / "raylign.db").exists()
    with home_store(tmp_path / "other", f"sqlite:///{tmp_path / 'b.db'}") as store:
        assert store.ready()
    assert (tmp_path / "b.db").exists()
    audited(tmp_path / "home", "keys create k", tenant="acme")
    [entry] = Audit(tmp_path / "home" / "audit.jsonl").lines()
    assert (entry["tenant"], entry["did"], entry["from"].split(",")[0]) == ("acme", "keys create k", "command line")
