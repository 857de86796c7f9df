from raylign.judges.rules.fences import code_blocks


def test_code_blocks_with_longer_fences_and_indentation() -> None:
    assert code_blocks("````md\n```\nx\n```\n````\n") == [("md", "```\nx\n```")]
    assert code_blocks("  ```py\r\nx\r\n  ```\r\n") == [("py", "x\r")]
    assert code_blocks("```python\nx = '```'\n```") == [("python", "x = '```'")]
    assert code_blocks("inline ```x``` only") == []
