"""Chat as the unmodified `openai` package asks for it, of an engine on no port."""

import threading
from collections.abc import Iterator

import openai
import pytest
from answering import WORDS, FakeEngines
from fine_tuning import MODEL, face
from openai import OpenAI
from service import FakeRay, Service, key_of, started

from raylign.service.access import Scope
from raylign.service.answering import engines as module

ASKED = [{"role": "user", "content": "2 + 2?"}]


@pytest.fixture
def chat(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Service, OpenAI, FakeEngines]]:
    """A gateway, a client of it, and the engines that its Ray starts."""
    fake, over = FakeEngines(FakeRay()), threading.Event()
    monkeypatch.setattr(module, "LOOK_S", 0.005)
    made = module.Engines
    monkeypatch.setattr(
        "raylign.service.gateway.Engines", lambda ray, folder, chat: made(ray, folder, chat, transport=fake.transport())
    )
    with face(tmp_path) as (service, client):
        fake.ray = service.ray

        def start() -> None:
            while not over.wait(0.01):
                fake.start()

        thread = threading.Thread(target=start)
        thread.start()
        yield service, client, fake
        over.set()
        thread.join()


def test_a_model_answers_whole_and_piece_by_piece_under_the_name_it_was_asked_by(chat) -> None:
    _, client, fake = chat
    whole = client.chat.completions.create(model=MODEL, messages=ASKED, temperature=0.5, max_tokens=9, user="u-1")
    assert (whole.model, whole.choices[0].message.content) == (MODEL, "".join(WORDS))
    assert fake.asked == [{"model": "model", "messages": ASKED, "temperature": 0.5, "max_tokens": 9}]
    pieces = list(client.chat.completions.create(model=MODEL, messages=ASKED, stream=True))
    assert [piece.choices[0].delta.content for piece in pieces] == list(WORDS)
    assert {piece.model for piece in pieces} == {MODEL}
    assert len(fake.tokens) == 1


def test_what_the_model_refuses_and_what_is_no_question_is_said_as_openai_does(chat) -> None:
    _, client, fake = chat
    with pytest.raises(openai.BadRequestError, match="maximum context is 128 tokens"):
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "too long"}])
    for wrong, says in (
        ({"temperature": 3}, "temperature"),
        ({"tools": []}, "tools"),
        ({"messages": []}, "messages"),
        ({"extra_body": {"temprature": 1}}, "did you mean 'temperature'"),
        ({"extra_body": {"stream_options": {}}}, "goes with `stream: true`"),
    ):
        with pytest.raises(openai.BadRequestError, match=says):
            client.chat.completions.create(**{"model": MODEL, "messages": ASKED, **wrong})
    assert len(fake.asked) == 1


def test_a_model_of_nobody_s_or_another_tenant_s_is_not_there(chat) -> None:
    service, client, _ = chat
    theirs, _ = started(service.store)
    other = client.with_options(api_key=key_of(service.store, "acme", Scope.SUBMIT))
    for model in ("gpt-9", theirs.id):
        with pytest.raises(openai.NotFoundError, match=f"there is no model '{model}'"):
            other.chat.completions.create(model=model, messages=ASKED)
    assert other.chat.completions.create(model=MODEL, messages=ASKED).choices  # the operator's is everybody's
    looking = client.with_options(api_key=key_of(service.store, "acme", Scope.READ))
    with pytest.raises(openai.PermissionDeniedError):  # an engine is started for who asks
        looking.chat.completions.create(model=MODEL, messages=ASKED)
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").chat.completions.create(model=MODEL, messages=ASKED)
