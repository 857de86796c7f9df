import pytest

from raylign.judges.questions.silence import says_nothing


@pytest.mark.parametrize(
    "response",
    [
        "",
        " \n\t",
        ".",
        "...",
        "?!",
        "\u200b\u200d",
        "\ufeff",
        "\u3164\u2800",
        "\u202e",
        "- - -",
        "```\n```",
        "\u0301",
        "\x00",
        "\u00ad",
    ],
)
def test_nothing_is_said(response: str) -> None:
    assert says_nothing(response)


@pytest.mark.parametrize("response", ["a", " 4 ", "=", "\u4e2d", "\U0001f44d", ".\u200bx"])
def test_something_is_said(response: str) -> None:
    assert not says_nothing(response)
