# One command per chore. `make demo` and `make test` set up everything they need.
VENV ?= .venv
RUN := $(VENV)/bin
# Tests that start fleets or engines run side by side: they wait as often as they compute. 1 where memory is short.
AT_ONCE ?= 2
HEAVY := ray or vllm or wheel or browser or s3
# Light tests sync thousands of small files: in memory, where it has a gigabyte for them.
IN_MEMORY := $(shell [ "$$(df -k --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 1000000 ] 2>/dev/null && echo /dev/shm)
# What is compiled is kept: three processes would compile pytest's own, and all tests, each for itself and every time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo quick light test proof check format world chart clean

demo: $(VENV)/.installed   ## serve, submit the demo job over REST, watch it to its report
	$(RUN)/raylign demo examples/demo.yaml

quick: $(VENV)/.installed   ## every check, and every test that starts neither Ray nor vLLM: side by side
	$(MAKE) --no-print-directory -j 2 check light

light: $(VENV)/.installed   ## every test that starts neither Ray nor vLLM
	PYTEST_DEBUG_TEMPROOT=$(IN_MEMORY) $(RUN)/python -m pytest -q -n 3 --dist worksteal -m "not ($(HEAVY) or proof)"

test: quick   ## what a change must pass: all that is quick, then what starts Ray, vLLM or a browser, or installs the wheel
	$(RUN)/python -m pytest -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder -m "($(HEAVY)) and not proof"

proof: $(VENV)/.installed   ## what takes long: every kill, every architecture, what judges change
	$(RUN)/python -m pytest -m proof
	$(RUN)/python -m pytest -q -n 2 -m "hypothesis and not proof" --hypothesis-profile proof
	$(RUN)/python -m benchmarks.exactness
	$(RUN)/python -m benchmarks.exactness --lora
	$(RUN)/python -m benchmarks.parity
	$(RUN)/python -m benchmarks.lora_parity
	rm -rf runs/proof
	$(RUN)/python -m benchmarks.science --short --results runs/proof
	$(RUN)/python -m benchmarks.science.report --results runs/proof

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

chart: $(VENV)/.installed   ## what the Helm chart takes from the code: dashboard and alerts
	$(RUN)/raylign monitor --ray-url http://HEAD:8265 --files runs/monitor
	cp runs/monitor/alerts.yml runs/monitor/grafana/dashboards/raylign.json deploy/helm/raylign/files/

$(VENV)/.installed: requirements/cpu.txt requirements/dev.txt pyproject.toml deploy/install.sh
	deploy/install.sh

clean:
	rm -rf $(VENV) .raylign runs
