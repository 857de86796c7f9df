from raylign.conversation import transcript


def test_each_turn_stands_under_its_role():
    turns = [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello\nthere"), ("user", "Bye")]
    assert transcript([{"role": role, "content": content} for role, content in turns]) == (
        "System: Be brief.\n\nUser: Hi\n\nAssistant: Hello\nthere\n\nUser: Bye"
    )
