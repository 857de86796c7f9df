"""Errors in OpenAI's form."""

from raylign.service.envelope import enveloped, speaks, status_of


def test_only_the_routes_that_speak_like_openais_answer_so() -> None:
    assert [speaks(path) for path in ("/v1/files", "/v1/files/x", "/v1/fine_tuning/jobs", "/v1/models")] == [True] * 4
    assert [speaks(path) for path in ("/v1/jobs", "/v1/datasets", "/v1/filesystem", "/")] == [False] * 4


def test_what_is_wrong_in_itself_is_a_400_and_each_status_has_its_type() -> None:
    assert [status_of(status) for status in (422, 415, 400, 404, 503)] == [400, 400, 400, 404, 503]
    told = {
        status: enveloped(status, "m", code=None, param="p")["error"]["type"] for status in (400, 401, 409, 413, 503)
    }
    assert told == {
        400: "invalid_request_error",
        401: "authentication_error",
        409: "conflict_error",
        413: "invalid_request_error",
        503: "server_error",
    }
