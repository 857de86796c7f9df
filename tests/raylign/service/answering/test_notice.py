"""Where an engine listens, as its log tells it."""

from raylign.service.answering.notice import notice, told


def test_the_newest_line_that_its_token_sealed_is_believed():
    old, new = notice("http://10.0.0.1:1", "t"), notice("http://10.0.0.2:2", "t")
    forged = notice("http://evil:3", "another")
    log = f"loading\n{old}\n(EngineCore pid=1) {new}\n{forged}\nraylign answers at http://evil:4 {'0' * 64}\n"
    assert told(log, "t") == "http://10.0.0.2:2"
    assert told(log, "no token") is None
    assert told("raylign answers at\nnothing", "t") is None
