"""Files for Prometheus and Grafana, and what is said where there is no Ray to watch."""

from command import raylign


def test_files_are_written_for_another_ray(tmp_path):
    done = raylign("monitor", "--home", tmp_path, "--ray-url", "http://head:8265/", "--files", tmp_path / "m")
    assert done.returncode == 0, done.stderr
    assert "http://head:8265/api/prometheus/sd" in (tmp_path / "m/prometheus.yml").read_text()
    assert (tmp_path / "m/grafana/dashboards/raylign.json").is_file()


def test_without_a_ray_it_says_what_to_start(tmp_path):
    done = raylign("monitor", "--home", tmp_path)
    assert done.returncode == 1
    assert "start `raylign serve`, or give --ray-url" in done.stderr
