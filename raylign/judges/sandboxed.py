"""What runs inside the sandbox: a tester with the tests, and a program that is tested, as two processes.

Started by `raylign.judges.sandbox` as ``python -c`` with only the standard library and what the operator allows, so it
imports none of ours. The tester reads one JSON object from standard input: program, tests, secret, uid, limits; its
arguments are the report's file descriptor and the names of the modules that are allowed. It writes to the descriptor
``S`` once the limits hold, and at the end a JSON object, with the secret if all is well.

The program is forked off before anything is read, so that nothing of the tests is in its memory. Questions and answers
cross a pipe as plain data, rebuilt as builtin types: no ``__eq__`` of the program's meets an expected value, and no
expected value meets the program. What is no data stays where it is and is spoken of by number (`Remote`): it can be
called, read and iterated by a test, but is equal to no data; two of the program's objects are compared by the program.
"""

import builtins
import importlib
import io
import json
import os
import resource
import sys
from types import CodeType, ModuleType

LONGEST = 16 * 2**20
"""Bytes of one message."""
LIBRARIES = "/libraries"
CHANGED = (list, dict, set)
"""Arguments of these types, and arrays, are made what the other side changed them to."""
SHARED = set(sys.stdlib_module_names)
"""Modules that either side imports for itself: of the program's own ones the tests see objects."""
KINDS = ((list, "l"), (tuple, "t"), (set, "S"), (frozenset, "F"))
ASKED = {
    "call": lambda it, *args, **named: it(*args, **named),
    "get": lambda it, name: getattr(it, name),
    "set": lambda it, name, value: setattr(it, name, value),
    "item": lambda it, key: it[key],
    "put": lambda it, key, value: it.__setitem__(key, value),
    "len": len, "iter": iter, "next": next, "bool": bool, "str": str, "repr": repr, "hash": hash,
    "is": lambda it, other: isinstance(other, it),
    "eq": lambda it, other: bool(it == other),
    "lt": lambda it, other: bool(it < other),
    "le": lambda it, other: bool(it <= other),
    "add": lambda it, other: it + other,
    "sub": lambda it, other: it - other,
    "mul": lambda it, other: it * other,
}  # fmt: skip
"""What may be asked about an object of the other side."""
INWARD = ("_", "gi_", "ag_", "cr_", "co_", "f_", "tb_")
"""Beginnings of names behind which the tests' own state lies: a test's function or object, once it is lent as an
argument, must not lead the program to its frames and globals."""


class Remote:
    """An object of the other side, compared with its own kind only: it must meet no expected value."""

    def __init__(self, link, number):
        self.__dict__["_Remote_at"] = (link, number)

    def _Remote_ask(self, what, *args, **named):
        link, number = self.__dict__["_Remote_at"]
        return link.ask(what, number, args, named)

    def __call__(self, *args, **named):
        return self._Remote_ask("call", *args, **named)

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__") and name not in ("__name__", "__doc__"):
            raise AttributeError(name)
        return self._Remote_ask("get", name)

    def __setattr__(self, name, value):
        self._Remote_ask("set", name, value)

    def __getitem__(self, key):
        return self._Remote_ask("item", key)

    def __setitem__(self, key, value):
        self._Remote_ask("put", key, value)

    def __len__(self):
        return self._Remote_ask("len")

    def __iter__(self):
        return self._Remote_ask("iter")

    def __next__(self):
        return self._Remote_ask("next")

    def __bool__(self):
        return self._Remote_ask("bool")

    def __str__(self):
        return self._Remote_ask("str")

    def __repr__(self):
        return self._Remote_ask("repr")

    def __hash__(self):
        return hash(self.__dict__["_Remote_at"][1])

    def __instancecheck__(self, other):
        return type(other) is Remote and self._Remote_ask("is", other)

    def __eq__(self, other):
        return type(other) is Remote and self._Remote_ask("eq", other)

    def __lt__(self, other):
        return self._Remote_ask("lt", other) if type(other) is Remote else NotImplemented

    def __le__(self, other):
        return self._Remote_ask("le", other) if type(other) is Remote else NotImplemented

    def __add__(self, other):
        return self._Remote_ask("add", other) if type(other) is Remote else NotImplemented

    def __sub__(self, other):
        return self._Remote_ask("sub", other) if type(other) is Remote else NotImplemented

    def __mul__(self, other):
        return self._Remote_ask("mul", other) if type(other) is Remote else NotImplemented


class Link:
    """One end of the pipe between the two: asks, and answers while it waits for its answer."""

    def __init__(self, incoming, outgoing, guarded=False):
        self.incoming, self.outgoing, self.guarded = incoming, outgoing, guarded
        self.own = []

    def ask(self, what, number, args, named):
        """What the other side says, as data of our own. Raises what it raised, as the nearest builtin exception."""
        self.send(["ask", what, number, [self.pack(one) for one in args], {k: self.pack(v) for k, v in named.items()}])
        while True:
            message = self.receive()
            match message:
                case ["ask", *_]:
                    self.answer(*message[1:])
                case ["said", packed, changed]:
                    for place, now in changed:
                        mirror(args[place], self.unpack(now))
                    return self.unpack(packed)
                case ["raised", [*names], str(text)]:
                    raise nearest(names)(text)
                case _:
                    raise ValueError("no answer")

    def answer(self, what, number, args, named):
        """Do what the other side asks, and say what came of it and which arguments it changed."""
        try:
            given = [self.unpack(one) for one in args]
            if self.guarded and what in ("get", "set") and str(given[0]).startswith(INWARD):
                raise AttributeError(given[0])
            result = ASKED[what](self.own[number], *given, **{str(k): self.unpack(v) for k, v in named.items()})
            packed = self.pack(result)
            after = [[place, self.pack(one)] for place, one in enumerate(given) if type(one) in CHANGED or array(one)]
            self.send(["said", packed, [[place, now] for place, now in after if now != args[place]]])
        except BaseException as error:
            self.send(["raised", [kind.__name__ for kind in type(error).__mro__], str(error)[:2000]])

    def send(self, message):
        body = json.dumps(message).encode("ascii")
        if len(body) > LONGEST:
            raise OverflowError(f"a message of {len(body)} bytes")
        self.outgoing.write(len(body).to_bytes(4, "big") + body)
        self.outgoing.flush()

    def receive(self):
        size = int.from_bytes(self.exactly(4), "big")
        if size > LONGEST:
            raise OverflowError(f"a message of {size} bytes")
        return json.loads(self.exactly(size))

    def exactly(self, size):
        body = self.incoming.read(size)
        if len(body) < size:
            raise EOFError("the other side is gone")
        return body

    def pack(self, it):
        """``it`` as JSON. Subclasses of builtin types go as what they hold; what is no data, as a number."""
        if it is None or it is True or it is False:
            return it
        if isinstance(it, str):
            return ["s", str.__str__(it)]
        if isinstance(it, int):
            return ["i", hex(int.__index__(it))]
        if isinstance(it, float):
            return ["f", float.hex(float.__float__(it))]
        if isinstance(it, complex):
            return ["c", float.hex(it.real), float.hex(it.imag)]
        if isinstance(it, bytes | bytearray):
            return ["y" if isinstance(it, bytes) else "Y", bytes(it).hex()]
        if isinstance(it, dict):
            return ["d", [[self.pack(key), self.pack(value)] for key, value in dict.items(it)]]
        for kind, tag in KINDS:
            if isinstance(it, kind):
                return [tag, [self.pack(one) for one in kind.__iter__(it)]]
        if isinstance(it, range):
            return ["r", it.start, it.stop, it.step]
        if type(it) is Remote and it.__dict__["_Remote_at"][0] is self:
            return ["yours", it.__dict__["_Remote_at"][1]]
        if isinstance(it, type) and vars(builtins).get(it.__name__) is it:
            return ["b", it.__name__]
        if isinstance(it, ModuleType) and it.__name__.partition(".")[0] in SHARED:
            return ["m", it.__name__]
        if numpy := sys.modules.get("numpy"):
            if isinstance(it, numpy.generic) and it.dtype.kind in "biuf" and not isinstance(it.item(), numpy.generic):
                return self.pack(it.item())
            if isinstance(it, numpy.ndarray) and it.dtype.kind in "biufc":
                return ["a", it.dtype.str, list(it.shape), it.tobytes().hex()]
        self.own.append(it)
        return ["mine", len(self.own) - 1]

    def unpack(self, packed):
        match packed:
            case None | True | False:
                return packed
            case ["s", str(text)]:
                return text
            case ["i", str(text)]:
                return int(text, 16)
            case ["f", str(text)]:
                return float.fromhex(text)
            case ["c", str(real), str(imag)]:
                return complex(float.fromhex(real), float.fromhex(imag))
            case ["y", str(text)]:
                return bytes.fromhex(text)
            case ["Y", str(text)]:
                return bytearray.fromhex(text)
            case ["d", [*pairs]]:
                return {self.unpack(key): self.unpack(value) for key, value in pairs}
            case ["l", [*items]]:
                return [self.unpack(one) for one in items]
            case ["t", [*items]]:
                return tuple(self.unpack(one) for one in items)
            case ["S", [*items]]:
                return {self.unpack(one) for one in items}
            case ["F", [*items]]:
                return frozenset(self.unpack(one) for one in items)
            case ["r", int(start), int(stop), int(step)]:
                return range(start, stop, step)
            case ["yours", int(number)]:
                return self.own[number]
            case ["mine", int(number)]:
                return Remote(self, number)
            case ["b", str(name)] if isinstance(getattr(builtins, name, None), type):
                return getattr(builtins, name)
            case ["m", str(name)] if name.partition(".")[0] in SHARED:
                return importlib.import_module(name)
            case ["a", str(kind), [*shape], str(text)] if "numpy" in SHARED and kind[1:2] in "biufc":
                flat = importlib.import_module("numpy").frombuffer(bytes.fromhex(text), dtype=kind)
                return flat.reshape([int(side) for side in shape]).copy()
        raise ValueError("no data")


def mirror(old, new):
    """Make an argument that the other side changed what it is there."""
    if type(old) is list and type(new) is list:
        old[:] = new
    elif type(old) in (dict, set) and type(new) is type(old):
        old.clear()
        old.update(new)
    elif array(old) and array(new) and old.shape == new.shape and old.dtype == new.dtype:
        old[...] = new


def array(it):
    return "numpy" in sys.modules and type(it) is sys.modules["numpy"].ndarray


def nearest(names):
    """The builtin exception that comes first among a class's ancestors, by name."""
    known = (getattr(builtins, str(name), None) for name in names)
    return next((one for one in known if isinstance(one, type) and issubclass(one, BaseException)), Exception)


def become(uid, limits):
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)  # and from here on no process of this user may look into this one
    for name, limit in limits.items():
        resource.setrlimit(getattr(resource, name), (limit, limit))


def hide():
    """Let no process of the same user trace this one, or read its memory."""
    import ctypes

    set_dumpable = 4
    if ctypes.CDLL(None).prctl(set_dumpable, 0, 0, 0, 0) != 0:
        raise OSError("this process cannot be hidden from the program")


def be_program(link):
    """The tested side: run the program, say what names it has, then answer."""
    uid, limits, source = link.receive()
    become(uid, limits)
    try:
        solution = ModuleType("solution")
        sys.modules["solution"] = solution
        exec(compile(source, "solution.py", "exec"), solution.__dict__)
        sys.stdout.flush()
        names = {name: value for name, value in solution.__dict__.items() if not name.startswith("__")}
        link.send(["names", {name: link.pack(value) for name, value in names.items()}])
    except BaseException as error:
        link.send(["raised", [kind.__name__ for kind in type(error).__mro__], ""])
        os._exit(0)
    while True:
        try:
            question = link.receive()
        except EOFError:  # the tests have ended
            os._exit(0)
        link.answer(*question[1:])
        sys.stdout.flush()


def namespace(link, tests):
    """What the tests see of the program. A name of Python's own is the program's only where it is what they test."""
    match link.receive():
        case ["names", dict(packed)]:
            names = {name: link.unpack(value) for name, value in packed.items()}
        case ["raised", [str(kind), *_], _]:
            return kind
        case _:
            return "EOFError"
    used = {name for test in tests for name in spoken_of(compile(test, "test", "exec"))}
    subject = {name for name in names if not hasattr(builtins, name)} & used
    return {name: value for name, value in names.items() if not (subject and hasattr(builtins, name))}


def spoken_of(code):
    """Names in compiled code, and in the functions in it."""
    inner = [spoken_of(one) for one in code.co_consts if isinstance(one, CodeType)]
    return set(code.co_names).union(*inner)


def be_tester(link, report):
    job = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    become(job["uid"], job["limits"])
    if job["uid"] is None:
        hide()
    os.write(report, b"S")
    stage, error = "program", None
    try:
        link.send([job["uid"], job["limits"], job["program"]])
        names = namespace(link, job["tests"])
        if isinstance(names, str):
            error = names
        else:
            for number, test in enumerate(job["tests"], start=1):
                stage = f"test {number}"
                exec(compile(test, stage, "exec"), names)
            sys.stdout.flush()
    except BaseException as raised:
        error = type(raised).__name__
    said = {"secret": job["secret"]} if error is None else {"stage": stage, "error": error[:60]}
    os.write(report, json.dumps(said).encode())
    os._exit(0)


def main():
    report = int(sys.argv[1])
    SHARED.update(sys.argv[2:])
    sys.path += [LIBRARIES] * bool(sys.argv[2:])  # behind the standard library, which none of them may replace
    asks, asked = os.pipe()
    answers, answered = os.pipe()
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        for descriptor in (report, asked, answers, null):
            os.close(descriptor)
        be_program(Link(io.BufferedReader(io.FileIO(asks, "rb")), io.FileIO(answered, "wb")))
    os.close(asks)
    os.close(answered)
    be_tester(Link(io.BufferedReader(io.FileIO(answers, "rb")), io.FileIO(asked, "wb"), guarded=True), report)


if __name__ == "__main__":
    main()
