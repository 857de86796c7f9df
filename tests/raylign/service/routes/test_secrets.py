"""Secrets over REST, and from the client: they go in and do not come out."""

import pytest
from service import Service, job_document, key_of

from raylign.errors import Forbidden, SecretNotFound, SpecError, Taken
from raylign.service.access import Scope

VALUE = "hf_correct-horse-battery"


def test_a_secret_is_set_and_its_name_is_all_that_comes_back(service: Service) -> None:
    with service.client(key_of(service.store, "acme")) as client, service.client() as admin:
        made = client.secrets.set("hub", VALUE)
        assert made.keys() == {"name", "tenant", "created_at", "set_at"}
        assert client.secrets.set("hub", VALUE + "2")["created_at"] == made["created_at"]
        [listed] = client.secrets.all()
        assert (listed["name"], listed["tenant"]) == ("hub", "acme")
        assert VALUE not in str([*client.secrets.all(), *admin.secrets.all()])
        with service.client(key_of(service.store, "other")) as other:
            assert other.secrets.all() == []
            with pytest.raises(SecretNotFound):
                other.secrets.delete("hub")
            with pytest.raises(SpecError, match="names one that is not there: there is no secret 'hub'"):
                other.submit(job_document() | {"secrets": {"hub": "secret://hub"}})
        with service.client(key_of(service.store, "acme", Scope.READ)) as reader, pytest.raises(Forbidden):
            reader.secrets.set("hub", VALUE)
        job = client.submit(job_document() | {"secrets": {"hub": "secret://hub"}})
        assert client.get(job["id"])["document"]["secrets"]["hub"] == "secret://hub"
        with pytest.raises(Taken):
            client.secrets.delete("hub")
        client.cancel(job["id"])
        client.secrets.delete("hub")
        assert client.secrets.all() == []


@pytest.mark.parametrize("value", ["short", "with space in it", "new\nline-in-it", "x" * 8193])
def test_what_is_no_key_is_refused_and_not_said_again(service: Service, value: str) -> None:
    with service.http() as http:
        answer = http.put("/v1/secrets/hub", json={"value": value})
        assert (answer.status_code, value in answer.text) == (422, False)


@pytest.mark.parametrize("said", ["hf_abcdefgh", "secret://", "secret://a/b"])
def test_a_job_says_a_name_never_a_key(service: Service, said: str) -> None:
    with service.client() as client, pytest.raises(SpecError, match=r"secrets\.hub"):
        client.submit(job_document() | {"secrets": {"hub": said}})
