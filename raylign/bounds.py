"""The most that each kind of value in a job may be: far above what anyone runs, far below what stops a machine.

Planning is arithmetic and lists over these numbers, done by a service for whoever sends it a document.
"""

import re
from typing import Annotated

from pydantic import Field

from raylign.located import DATA, MODEL, STORED

TASKS = 64
"""Each has its own file, method and metrics; CGPO mixes five."""
STAGES = 32
"""Of one recipe: each is a job."""
JUDGES = 32
"""Of one task. Every response goes to all of them."""
REWARDS = 16
"""Of one task's sum."""
TRACKERS = 8
TAGS = 16
"""Of a run elsewhere."""
STEPS = 10_000_000
"""Four months at one a second."""
PROMPTS_PER_STEP = 1_048_576
SAMPLES_PER_PROMPT = 4096
"""Every pair of a group may be looked at."""
CANDIDATES = 65_536
"""Pairs that a choice is made among: their embeddings are held at once."""
SAMPLES_PER_STEP = 1_048_576
"""Of all tasks together: the driver holds a step in memory."""
PROMPTS = 1_000_000_000
"""Lines of a file."""
SHOWINGS = 1000
"""Of a run's responses: its events are kept for good, by its gateway too."""
SHOWN = 10_000
"""Responses for people to read, of one task and step, or on one screen."""
CANARIES = 10_000
"""Of one judge; the driver holds them in memory."""
EVAL_PROMPTS = 100_000
"""Of each task, before training starts."""
EVAL_SAMPLES = 1024
"""Of one prompt; what is published on pass@k goes to some hundreds."""
EVALUATIONS = 1000
"""That a job names one by one."""

NODES = 65_536
"""Of a cluster that is only imagined; Ray is run on some thousands."""
WORKERS = 4096
"""Of one kind: an actor each, and one placement group over all."""
PROCESSES = 1024
"""Of one worker or program, on one machine."""
CORES = 1024
"""Of one machine."""
GPUS = 1024
"""Of one actor: the largest domains with one memory have 576."""
MEGABYTES = 4_194_304
"""4 TiB: the memory of a large machine."""
GIGABYTES = 4096
"""The same in GiB."""
BUCKET_MB = 65_536
"""64 GiB: more than any tensor has."""
NUMBERS = 1_000_000_000_000
"""Of a bucket of DeepSpeed's: more than any model has that is trained in the open."""
OUTPUT_KB = 65_536
"""64 MiB of a program's output, which the judge reads."""

TOKENS = 16_777_216
"""Longest sequence: published models go to ten million."""
STOPS = 16
STOP = 256
"""Characters of one; each is looked for at every token."""
CHARACTERS = 100_000_000
"""Longest response, at several characters a token."""
DEADLINE_S = 604_800.0
"""A week: whoever waits longer has hung."""
JUDGE_S = 3600.0
"""For one response."""

MIN_TEMPERATURE = 0.01
"""vLLM samples at no less, whatever it is told: below it sampler and trainer would be two distributions."""
TEMPERATURE = 100.0
"""The vocabulary is all but uniform there."""
LEARNING_RATE = 1.0
"""AdamW moves each weight by about this much a step."""
FACTOR = 1e6
"""Weights, coefficients, scales: a float32 of twice the digits could not tell it from its neighbours."""
NORM = 1e9
"""Of a gradient; people write a large number for "never clip"."""
SEED = 2**63 - 1
"""What databases, JSON readers and generators all hold."""
NUMBER = float(2**53)
"""Whole numbers that JSON readers agree on; for values that are compared, not counted."""

LORA_RANK = 4096
"""The width of a weight matrix; beyond it nothing is low about the rank."""
HUB_ID = r"^[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}$"
"""Owner and name."""
STORE = r"^((s3|gs)://[a-z0-9][a-z0-9._-]{1,221}|file://(/[\w=+-][\w.=+-]*))(/[\w=+-][\w.=+-]*)*$"
"""Its URL: no user, no query, no name that begins with a dot."""
NAMES = 256
"""Of modules to adapt."""
PATH = 4096
"""Linux takes no longer one."""
NAME = 256
"""Characters of a key or a module's name."""
PATTERN = 1000
"""Characters of a regular expression: a class of Unicode characters takes 4 ms to compile, whoever sends it."""
TEMPLATE = 100_000
"""Characters: a long rubric with examples; it is rendered for every response."""
SCHEMA = 20_000
"""Characters of a JSON schema: checking one takes 0.2 s, whoever sends it."""
SOURCE = 100_000
"""Characters of a grader: parsing one takes 0.2 s, whoever sends it."""
ANSWER = 64
"""Characters of what must be one token."""
ENDPOINT_TRIES = 20
"""Of one request: the waits between them double."""
ENDPOINT_LOGPROBS = 1000
"""Likeliest tokens that a service tells of; most tell of 20."""
SPELLINGS = 16
"""Of one answer: with a space and without, in capitals and not."""
CRITERIA = 64
"""Of one rubric: each is a line that the model writes."""
CONDITIONS = 16
"""Metadata keys one judge looks at."""
TEXT = 1000
"""Characters of a metadata value to compare with."""

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
"""No text of a job holds one: controls, which would reach terminals, paths and databases, and halves of surrogate
pairs, which are no text."""

Model = Annotated[str, Field(min_length=1, max_length=PATH), MODEL]
"""A directory, or a hub id."""
Data = Annotated[str, Field(min_length=1, max_length=PATH), DATA]
"""A file, or what else holds rows."""
Store = Annotated[str, Field(pattern=STORE, max_length=PATH), STORED]
"""A folder of an object store."""
Answer = Annotated[str, Field(min_length=1, max_length=ANSWER)]
"""A text that must be one token."""
Template = Annotated[str, Field(min_length=1, max_length=TEMPLATE)]
"""A Jinja template."""
Pattern = Annotated[str, Field(max_length=PATTERN)]
"""A regular expression."""
