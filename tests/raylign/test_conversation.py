from raylign.conversation import after_system, templated, transcript


def test_each_turn_stands_under_its_role():
    turns = [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello\nthere"), ("user", "Bye")]
    assert transcript([{"role": role, "content": content} for role, content in turns]) == (
        "System: Be brief.\n\nUser: Hi\n\nAssistant: Hello\nthere\n\nUser: Bye"
    )


def test_a_systems_turn_is_put_where_there_is_none():
    hello, kind = {"role": "user", "content": "Hi"}, {"role": "system", "content": "Be kind."}
    assert after_system((hello,), "Be kind.") == (kind, hello)
    assert after_system((kind, hello), "Be brief.") == (kind, hello)
    assert after_system((hello,), None) == (hello,)


class Dated:
    def apply_chat_template(self, conversation, *, tokenize, strftime_now, ending=""):
        assert not tokenize
        return strftime_now("%d %b %Y: ") + transcript(conversation) + ending


def test_a_template_is_told_one_day_and_what_it_is_to_be_told():
    hello = ({"role": "user", "content": "Hi"},)
    assert templated(Dated(), hello) == "26 Jul 2024: User: Hi"
    assert templated(Dated(), hello, ending=".") == "26 Jul 2024: User: Hi."
