"""HTTPS: a gateway shows its certificate, and who knows it by that speaks to no other."""

import shutil
import subprocess
from pathlib import Path

import pytest
from service import KEY, TOKEN, live_service, started, step

from raylign.errors import GatewayUnreachable, ServeError
from raylign.service import tls
from raylign.service.client import Client
from raylign.service.dispatch.launch import env_vars
from raylign.service.reporter import Reporter
from raylign.service.tls import Certificate, trust


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Of nobody's authority, for this machine."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates")
    return made(tmp_path_factory.mktemp("tls"))


def made(folder: Path) -> Certificate:
    found = Certificate(cert=folder / "cert.pem", key=folder / "key.pem")
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2"]
    subprocess.run([*words, *names, "-keyout", found.key, "-out", found.cert], check=True, capture_output=True)
    return found


def test_clients_and_drivers_that_trust_it_reach_the_gateway_and_others_do_not(
    tmp_path: Path, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live_service(tmp_path, certificate=certificate) as service:
        assert service.url.startswith("https://")
        with Client(service.url, KEY, ca=certificate.cert) as client:
            assert client.jobs() == []
        with Client(service.url, KEY) as client, pytest.raises(GatewayUnreachable, match="certificate"):
            client.jobs()
        with Client(service.url, KEY, ca=made(tmp_path).cert) as client, pytest.raises(GatewayUnreachable):
            client.jobs()  # of the same name, and not the same
        monkeypatch.setenv(tls.VARIABLE, str(certificate.cert))
        with Client(service.url, KEY) as client:
            assert client.jobs() == []
        job, _ = started(service.store)
        spool = tmp_path / "events.jsonl"
        spool.write_text(step(1).model_dump_json() + "\n")
        with Reporter(service.url, job.id, 1, TOKEN, spool):
            pass
        assert service.store.get(job.id).last_seq == 1


def test_what_drivers_trust_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(tls.VARIABLE, raising=False)
    assert tls.VARIABLE not in env_vars()
    assert trust() is True
    monkeypatch.setenv(tls.VARIABLE, "/certs/ca.pem")
    assert env_vars()[tls.VARIABLE] == "/certs/ca.pem"


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path, certificate: Certificate) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    for ca in (wrong, tmp_path / "nothing"):
        with pytest.raises(GatewayUnreachable, match=str(ca)):
            trust(ca)
    certificate.require()
    for pair in ((wrong, certificate.key), (certificate.cert, wrong), (certificate.cert, tmp_path / "nothing")):
        with pytest.raises(ServeError, match="--tls-cert and --tls-key"):
            Certificate(cert=pair[0], key=pair[1]).require()
