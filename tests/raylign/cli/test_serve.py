"""The gateway, served."""

from command import raylign


def test_a_port_that_is_none_is_refused_in_words(tmp_path):
    done = raylign("serve", "--home", tmp_path, "--port", "99999")
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert "65535" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_tracker_that_is_none_is_refused_before_anything_is_served(tmp_path, monkeypatch):
    done = raylign("serve", "--home", tmp_path, "--trackers", "wandb,mlfow")
    assert done.returncode == 2
    assert "--trackers names 'mlfow', which is no tracker" in done.stderr
    monkeypatch.setenv("RAYLIGN_SINKS", "wandbb")
    assert "RAYLIGN_SINKS names 'wandbb', which is no tracker" in raylign("serve", "--home", tmp_path).stderr
    assert list(tmp_path.iterdir()) == []


def test_half_a_certificate_is_refused(tmp_path):
    done = raylign("serve", "--home", tmp_path, "--tls-cert", tmp_path / "cert.pem")
    assert done.returncode == 2
    assert "go together" in done.stderr
