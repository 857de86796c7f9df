"""What runs inside a grader's sandbox: one process that has loaded the grader, and a fork of it for every row.

Started by `raylign.judges.graders` as ``python -c`` with only the standard library and what the operator allows. It
reads requests from standard input, each a length and that many bytes of `marshal`, and writes answers to the descriptor
that its argument names, a line of JSON each; the first request holds the grader, its answer says whether that loads.

A row is graded by a fork, which ends with it: what the row does to globals, modules and memory is gone before the next.
The fork has neither requests nor answers, only a pipe of its own, and once it has spoken everything that runs in the
sandbox beside the first process is killed. There is no file that could be written. A program that a row starts has not
even that pipe, which ends with `exec`; what it runs in its own process is itself, and can say what it would.
"""

import contextlib
import gc
import json
import marshal
import os
import resource
import signal
import sys
import time

LIBRARIES = "/libraries"
PIECE = 65536
"""Bytes of a request that are read at once: what a pipe holds."""
LONGEST = 4096
"""Bytes of a row's answer."""
FORK_S = 1.0
"""How long the dead of the row before may be counted against the limit on processes."""


def become(uid, limits):
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)  # and from here on no process of this user may look into this one
    for name, limit in limits.items():
        resource.setrlimit(getattr(resource, name), (limit, limit))


def hide():
    """Let no row trace this process, or read or write its memory."""
    import ctypes

    set_dumpable = 4
    if ctypes.CDLL(None).prctl(set_dumpable, 0, 0, 0, 0) != 0:
        raise OSError("this process cannot be hidden from the rows")


def request():
    """The next one: none comes before it is answered. Ends the process where there are no more."""
    said = bytearray()
    while len(said) < 4 or len(said) < 4 + int.from_bytes(said[:4], "big"):
        chunk = os.read(0, PIECE)
        if not chunk:
            os._exit(0)
        said += chunk
    return said[4:]  # behind its length


def named(what, kind):
    """A line of JSON that names a type, if its name is one."""
    name = kind.__name__[:60]
    return b'["%s","%s"]\n' % (what.encode(), name.encode() if name.isascii() and name.isidentifier() else b"something")


def load(source):
    """The grader's function, and what to answer."""
    names = {"__name__": "grader"}
    try:
        exec(compile(source, "grader.py", "exec"), names)
        if not callable(names.get("grade")):
            return None, named("error", NameError)
    except BaseException as error:
        return None, named("error", type(error))
    return names["grade"], b'["ready"]\n'


WORDS = {None: b'["word",null]\n', True: b'["word",true]\n', False: b'["word",false]\n'}


def packed(value, as_hex=float.hex, tell=named):
    """A grade as a line of JSON. No method of the grader's own types is called."""
    if value is None or value is True or value is False:
        return WORDS[value]
    if isinstance(value, float):
        return b'["number","%s"]\n' % as_hex(value).encode()
    if isinstance(value, int):
        try:
            return b'["number","%s"]\n' % as_hex(int.__float__(value)).encode()
        except OverflowError:
            return b'["number","inf"]\n'
    return tell("kind", type(value))


def row(grade, body, outward):
    """In the fork: grade, say so and end, whatever happens.

    A page of memory that it touches costs more than what it computes, so it does little, and most of that in C.
    """
    write, end, pack, tell = os.write, os._exit, packed, named
    try:
        sample, item = marshal.loads(body)
        sample["output_json"] = as_json(sample["output_text"])
        said = pack(grade(sample, item))
    except BaseException as error:
        said = tell("error", type(error))
    write(outward, said)
    end(0)


def as_json(text):
    """The object or list that a response is, or None."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def heard(inward):
    """A row's line; what it wrote before it died where that is none."""
    said = bytearray()
    while b"\n" not in said and len(said) < LONGEST:
        chunk = os.read(inward, LONGEST)
        if not chunk:
            break
        said += chunk
    return bytes(said[:LONGEST])


def fork():
    deadline = time.monotonic() + FORK_S
    while True:
        try:
            return os.fork()
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.001)


def clear():
    """Kill all that a row left, and bury it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass


def main():
    answers = int(sys.argv[1])
    sys.path += [LIBRARIES] * bool(sys.argv[2:])  # behind the standard library, which none of them may replace
    first = marshal.loads(request())
    become(first["uid"], first["limits"])
    if first["uid"] is None:
        hide()
    grade, said = load(first["source"])
    os.write(answers, said)
    gc.collect()
    gc.freeze()  # a fork shares what it does not touch
    nothing = os.open(os.devnull, os.O_RDWR)
    while True:
        body = request()
        inward, outward = os.pipe()
        if fork() == 0:
            os.close(inward)
            os.close(answers)
            os.dup2(nothing, 0)
            row(grade, body, outward)
        os.close(outward)
        said = heard(inward)
        os.close(inward)
        clear()
        os.write(answers, said.partition(b"\n")[0] + b"\n")


if __name__ == "__main__":
    main()
