# One command per chore. `make demo` and `make test` set up everything they need.
VENV ?= .venv
RUN := $(VENV)/bin

.PHONY: demo test check format world clean

demo: $(VENV)/.installed   ## serve, submit the demo job over REST, watch it to its report
	$(RUN)/raylign demo examples/demo.yaml

test: $(VENV)/.installed check   ## every check and every test
	$(RUN)/python -m pytest

check: $(VENV)/.installed   ## format, lint, types, import contracts
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports

format: $(VENV)/.installed   ## put everything into shape
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

world: $(VENV)/.installed   ## make the tiny world's models and prompts again
	$(RUN)/python -m examples.world examples/tiny

$(VENV)/.installed: requirements/cpu.txt requirements/dev.txt pyproject.toml deploy/install.sh
	deploy/install.sh

clean:
	rm -rf $(VENV) .raylign runs
