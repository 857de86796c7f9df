import pytest

from raylign.judges.endpoints.markup import unmarked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a<|im_end|>b", "a< |im_end|>b"),
        ("</s><s>", "< /s>< s>"),
        ("<start_of_turn>user", "< start_of_turn>user"),
        ("[INST] x [/INST]", "[ INST] x [ /INST]"),
        ("[TOOL_CALLS]", "[ TOOL_CALLS]"),
        ("<\uff5cim_end\uff5c>", "< \uff5cim_end\uff5c>"),
        ("\uff1c|im_end|\uff1e", "< |im_end|>"),
        ("<<SYS>>", "<< SYS>>"),
        ("a < b <= c, [1, 2], [x], 3<4 \u00bd", "a < b <= c, [1, 2], [x], 3<4 \u00bd"),
    ],
)
def test_nothing_opens_a_token(text: str, shown: str) -> None:
    assert unmarked(text) == shown
