"""The five tasks of the tiny world, as in the paper's table."""

from examples.world.arithmetic import MATH
from examples.world.chat import CHAT
from examples.world.instructions import INSTRUCTIONS
from examples.world.intent import HARMFUL_INTENT
from examples.world.item import Task
from examples.world.programs import CODE

TASKS: tuple[Task, ...] = (CHAT, INSTRUCTIONS, MATH, CODE, HARMFUL_INTENT)
