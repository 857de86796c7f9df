"""Graders tried and looked at by the `openai` package."""

from pathlib import Path
from typing import Any

import openai
import pytest
from fine_tuning import face

CHECK: Any = {
    "type": "string_check",
    "name": "right",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "operation": "eq",
}
BROKEN: Any = {"type": "python", "name": "broken", "source": "def grade(sample, item):\n    return 1 / 0"}
SCORE: Any = {"type": "score_model", "name": "s", "model": "m", "input": [{"role": "user", "content": "How good?"}]}
MULTI: Any = {
    "type": "multi",
    "name": "all",
    "graders": {"a": CHECK, "b": {**CHECK, "operation": "ne"}},
    "calculate_output": "2 * a + b",
}


def test_a_grader_is_tried_and_looked_at(tmp_path: Path) -> None:
    with face(tmp_path) as (_, client):
        graders = client.fine_tuning.alpha.graders
        done = graders.run(grader=MULTI, model_sample="42", item={"answer": "42"})
        assert (done.reward, done.sub_rewards, done.metadata.type) == (2.0, {"a": 1.0, "b": 0.0}, "multi")
        failed = graders.run(grader=BROKEN, model_sample="42")
        assert (failed.reward, failed.metadata.errors.python_grader_runtime_error) == (0.0, True)
        assert "ZeroDivisionError" in str(failed.metadata.errors.python_grader_runtime_error_details)
        lacking = graders.run(grader=CHECK, model_sample="42", item={})
        assert lacking.metadata.errors.invalid_variable_error
        undefined = graders.run(grader=MULTI | {"calculate_output": "b / a"}, model_sample="1", item={"answer": "2"})
        assert undefined.metadata.errors.formula_parse_error
        assert graders.validate(grader=CHECK).to_dict()["grader"] == CHECK
        assert graders.validate(grader=SCORE).to_dict()["grader"]["range"] == [0, 1]
        with pytest.raises(openai.BadRequestError, match="asked by the workers of a job"):
            graders.run(grader=SCORE, model_sample="42")
        for wrong in (BROKEN | {"source": "x"}, MULTI | {"calculate_output": "c"}, {"type": "score_model"}):
            with pytest.raises(openai.BadRequestError) as refused:
                graders.validate(grader=wrong)
            assert refused.value.type == "invalid_request_error"
