"""Texts as plain data: what jobs need is read, what makes little text much data or hides from a reader is refused."""

import json

import pytest
import yaml

from raylign.errors import SpecError
from raylign.spec import load_job
from raylign.spec.document import MAX_BYTES, read_json, read_yaml
from raylign.spec.values import MAX_DEPTH, MAX_VALUES


def refusal(read, text) -> str:
    with pytest.raises(SpecError) as refused:
        read(text if isinstance(text, bytes) else text.encode())
    message = str(refused.value)
    assert len(message) < 400, "a message echoes what was sent"
    return message


def test_yaml_and_json_give_the_same_plain_data():
    plain = {"a": [1, -2.5, True, None, "text", "1", "", "\u2028 \U0001f600"], "b": {"c": {}, "d": []}, "e": 2**63 - 1}
    assert read_yaml(yaml.safe_dump(plain).encode()) == plain
    assert read_json(json.dumps(plain).encode()) == plain
    assert read_yaml(b"") is None
    assert read_yaml(b"\xef\xbb\xbf# nothing\n") is None


def test_keys_are_text_as_written_and_dates_stay_text():
    text = b"on: 1\n1: 2\n'no': 3\n~: 4\nday: 2026-01-02\nratio: 1:30\nbig: 0x10\nsame: =\n"
    assert read_yaml(text) == {
        "on": 1,
        "1": 2,
        "no": 3,
        "~": 4,
        "day": "2026-01-02",
        "ratio": 90,
        "big": 16,
        "same": "=",
    }
    assert read_yaml(b"[!!str 12, !!int '12', ! 12, !!seq [], !!map {}, !!float 1]") == ["12", 12, "12", [], {}, 1.0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: &x [1]\nc: *x", "line 2: anchor '&x' is not taken"),
        ("a: 1\nb: *x", "line 2: alias '*x' is not taken"),
        ("*x : 1", "line 1: alias '*x' is not taken"),
        ("&" + "x" * 500_000 + " 1", "is not taken"),
        ("a:\n  <<: {b: 1}", "line 2: merge key << is not taken"),
        ("a: 1\nb: 2\na: 3", "line 3: key 'a' stands twice"),
        ("1: a\n'1': b", "line 2: key '1' stands twice"),
        ("? [a]\n: 1", "a key is text"),
        ("a: !!int x", "line 1: 'x' is no int"),
        ("a: !!int ''", "'' is no int"),
        ("a: !!bool maybe", "'maybe' is no bool"),
        ("a: !!float x", "'x' is no float"),
        ("a: !!timestamp x", "tag '!!timestamp' is not taken"),
        ("a: !!binary =", "tag '!!binary' is not taken"),
        ("a: !!python/object/apply:os.system [x]", "tag '!!python/object/apply:os.system' is not taken"),
        ("a: !!set {b, c}", "tag '!!set' is not taken"),
        ("a: !!map [1]", "tag '!!map' is not taken"),
        ("a: !!int " + "9" * 5000, "is no int"),
        ('a: "\\ud800"', "invalid Unicode character escape code"),
        (b"a: \xff", "it is not UTF-8 text: invalid start byte at byte 3"),
        (b"a: \xed\xa0\x80", "it is not UTF-8 text"),
        ("a: \x01", "not allowed"),
        ("a: [", "did not find expected node content"),
        ("a: 1\n---\nb: 2", "line 2: a second document begins"),
        ("%TAG ! tag:x\n--- a", "directives"),
        ("# x\n%YAML 1.2\n--- a", "directives"),
        ("[" * 1000, f"nested more than {MAX_DEPTH} deep"),
        ("- " * 1000, f"nested more than {MAX_DEPTH} deep"),
        ("{a: " * 1000, f"nested more than {MAX_DEPTH} deep"),
        ("a,\n" * MAX_BYTES, f"more than {MAX_BYTES} bytes"),
        ("- a\n" * 200_000, f"line {MAX_VALUES}: it holds more than {MAX_VALUES} values"),
        ("a" * 500_000 + ": 1", "line 1:"),
        ("? " + "a" * 490_000 + "\n: 1\n? " + "a" * 490_000 + "\n: 1", "stands twice"),
    ],
)
def test_yaml_that_misleads_or_swells_is_refused(text, says):
    assert says in refusal(read_yaml, text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "key 'c' stands twice"),
        ('{"a":\n\n x}', "line 3: Expecting value"),
        (f"[-{'9' * 500_000}]", "has 500001 digits"),
        (b'"\xed\xa0\x80"', "it is not UTF-8 text"),
        ("[]".encode("utf-16"), "it is not UTF-8 text"),
        ("[" * 500_000, f"nested more than {MAX_DEPTH} deep"),
        (b" " * (MAX_BYTES + 1), f"more than {MAX_BYTES} bytes"),
        ("", "line 1"),
    ],
)
def test_json_that_misleads_or_swells_is_refused(text, says):
    assert says in refusal(read_json, text)


def test_a_pair_of_surrogates_is_one_character_in_a_json_file(tmp_path):
    assert read_json(rb'"\ud83d\ude00"') == "\U0001f600"
    file = tmp_path / "job.json"
    file.write_text('{"name": "a", "name": "b"}')
    with pytest.raises(SpecError, match="is not JSON: key 'name' stands twice"):
        load_job(file)
