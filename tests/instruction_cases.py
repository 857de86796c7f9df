"""Kinds of checkable instructions by the modules that hold them, with a response that follows and one that does not."""

from typing import Any

from raylign.judges.rules.instructions.judge import InstructionsJudge
from raylign.judges.rules.rule import Case
from raylign.verdicts import SATISFIED, Ruling, violated

CASE = ("name", "arguments", "good", "bad")
LANGUAGE = "language:response_language"
CASES: dict[str, list[tuple[str, dict[str, Any], str, str]]] = {
    "content": [
        ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[a] [b]", "[a] b"),
        ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye\nP. S. Hi", "Bye PS Hi"),
        ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "Bye\nP.P.S Hi", "Bye\nP.S. Hi"),
        (
            "detectable_content:rephrase_paragraph",
            {"original_paragraph": "a b c", "low": 2, "high": 2},
            "A b x",
            "a b c",
        ),
        ("combination:two_responses", {}, "one\n******\ntwo", "one\n******\none"),
        ("combination:repeat_prompt", {"prompt_to_repeat": "Say hi"}, "say hi\nHi", "Hi"),
    ],
    "formats": [
        ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* a\n- b", "* a\n* b\n* c"),
        ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*a* and *b*", "*a* and **"),
        (
            "detectable_format:multiple_sections",
            {"section_spliter": "PART", "num_sections": 2},
            "PART 1 a PART 2",
            "PART 1",
        ),
        ("detectable_format:title", {}, "<<Joy>>\nText", "<<>> text"),
        ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', "{a: 1}"),
        ("detectable_format:constrained_response", {}, "My answer is maybe.", "Maybe."),
        ("multi-turn:constrained_start", {"starter": "I think"}, "I think so", "So I think"),
        ("startend:end_checker", {"end_phrase": "The end."}, 'So. the end."', "The end. Or not"),
        ("startend:quotation", {}, ' "all of it" ', '"half" of it'),
        ("punctuation:no_comma", {}, "no pause", "a, pause"),
    ],
    "keywords": [
        ("keywords:existence", {"keywords": ["Cat", "dog"]}, "A cat and a DOG.", "A cat."),
        ("keywords:frequency", {"keyword": "ha", "frequency": 2, "relation": "at least"}, "Ha ha", "ha"),
        ("keywords:frequency", {"keyword": "ha", "frequency": 2, "relation": "less than"}, "ha", "ha ha"),
        ("keywords:forbidden_words", {"forbidden_words": ["rock"]}, "a rocket", "a Rock."),
        ("keywords:letter_frequency", {"letter": "T", "let_frequency": 2, "let_relation": "at least"}, "tT", "t"),
        (
            "keywords:key_sentences",
            {"key_sentences": ["All is well."], "num_sentences": 1},
            "So. All is well.",
            "Well.",
        ),
    ],
    "lengths": [
        ("length_constraints:number_words", {"num_words": 3, "relation": "at least"}, "one two three", "one two"),
        ("length_constraints:number_words", {"num_words": 3, "relation": "less than"}, "one two", "one two three"),
        (
            "length_constraints:number_sentences",
            {"num_sentences": 2, "relation": "less than"},
            "Mr. Fox ran.",
            "A. Go! On.",
        ),
        ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "one\n***\ntwo", "one\n\ntwo"),
        (
            "length_constraints:nth_paragraph_first_word",
            {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "then"},
            'First\n\n"Then, go',
            "Then\n\nFirst",
        ),
    ],
    "letters": [
        (
            "change_case:capital_word_frequency",
            {"capital_frequency": 2, "capital_relation": "at least"},
            "GO NOW",
            "GO now",
        ),
        ("change_case:english_capital", {}, "THIS IS IT", "This is it"),
        ("change_case:english_lowercase", {}, "this is it", "This is it"),
    ],
    "language": [
        (LANGUAGE, {"language": "de"}, "Der Hund läuft gern durch den Wald.", "The dog likes to run in the woods."),
        (LANGUAGE, {"language": "en"}, "The dog likes to run in the woods.", "Der Hund läuft gern durch den Wald."),
        (LANGUAGE, {"language": "kn"}, "ಹೌದು, ಹ್ಯಾಂಬರ್ಗರ್ಗಳು ಸ್ಯಾಂಡ್ವಿಚ್ಗಳು.", "हाँ, हैमबर्गर सैंडविच होते हैं।"),
        (LANGUAGE, {"language": "zh-cn"}, "今天天气很好，我们去公园散步。", "今日は天気がいいので散歩します。"),
        (LANGUAGE, {"language": "am"}, "ሰላም፣ እንዴት ነህ? ዛሬ ጥሩ ቀን ነው።", "Today is a good day."),
        (LANGUAGE, {"language": "af"}, "Die hond hardloop graag in die bos, en hy slaap nie.", "42"),
    ],
}


def ask(response: str, *requirements: tuple[str, dict[str, Any]], strict: bool = True) -> Ruling:
    """What the judge says of a response that is to follow these, each an id with its arguments."""
    wanted = [{"id": name, "kwargs": arguments} for name, arguments in requirements]
    return InstructionsJudge(strict=strict).rule(Case(response=response, metadata={"if_requirements": wanted}))


def tells_apart(name: str, arguments: dict[str, Any], good: str, bad: str) -> None:
    """That the instruction is followed by the one and not by the other."""
    assert ask(good, (name, arguments)) == SATISFIED
    assert ask(bad, (name, arguments)) == violated(f"not followed: {name}")
