"""The gateway, served."""

from command import raylign


def test_a_port_that_is_none_is_refused_in_words(tmp_path):
    done = raylign("serve", "--home", tmp_path, "--port", "99999")
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert "65535" in done.stderr
    assert "Traceback" not in done.stderr
