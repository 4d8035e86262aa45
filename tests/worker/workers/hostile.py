# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers that do everything wrong, one function each: `python hostile.py BEHAVIOUR MARKER`.

The first process misbehaves and leaves the file MARKER; when it exists, the next one works. Standard library only,
and none of our own code: a hostile worker does not use our writer.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

GOOD_HELLO = {"hello": {"protocol": 2, "version": "0.1.0", "python": "3", "model": None, "pid": os.getpid()}}


def write(data):
    """Write all of it, even to a pipe that is full."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def say(message, part=b""):
    if part:
        message = {**message, "parts": [len(part)]}
    write(json.dumps(message).encode() + b"\n" + part)


def hear():
    """The next message of the client; its parts are read and dropped."""
    line = sys.stdin.buffer.readline()
    if not line:
        os._exit(0)
    message = json.loads(line)
    for size in message.get("parts", []):
        sys.stdin.buffer.read(size)
    return message


def greet_and_hear():
    """Exchange hellos and take the first request."""
    say(GOOD_HELLO)
    hear()
    return hear()


def complain(text):
    print(text, file=sys.stderr, flush=True)


# ---- before the hello


def crashes_before_hello():
    complain("ImportError: no module named torch")
    os._exit(3)


def says_no_hello():
    complain("waiting for a password")
    time.sleep(60)


def prints_a_banner():
    complain("login shell")
    write(b"Welcome to gpu-box! Last login: Monday\n")
    time.sleep(60)


def prints_garbage():
    complain("about to print garbage")
    write(bytes(range(256)) * 100 + b"\n")
    time.sleep(60)


def prints_one_endless_line():
    complain("about to print without end")
    while True:
        write(b"x" * 65536)


def nests_json_deeply():
    complain("about to nest")
    write(b"[" * 500_000 + b"\n")
    time.sleep(60)


def speaks_a_newer_version():
    complain("version 2 here")
    say({"hello": {"protocol": 9, "version": "9.0"}})
    time.sleep(60)


def speaks_an_older_version():
    complain("version 0 here")
    say({"hello": {"protocol": 0, "version": "0.0.1"}})
    time.sleep(60)


def starts_with_an_event():
    complain("no manners")
    say({"event": "device", "torch": "2"})
    time.sleep(60)


# ---- in the middle of a request


def crashes_mid_request():
    request = greet_and_hear()
    say({"id": request["id"], "event": "progress", "stage": "Denoising", "done": 1, "total": 10})
    complain("Segmentation fault, as it were")
    os._exit(139)


def kills_itself():
    greet_and_hear()
    complain("the system is short of memory")
    os.kill(os.getpid(), signal.SIGKILL)


def leaves_half_a_line():
    request = greet_and_hear()
    complain("about to die in a line")
    write(json.dumps({"id": request["id"], "event": "result", "result": {}}).encode()[:20])
    os._exit(1)


def leaves_half_a_part():
    request = greet_and_hear()
    complain("about to die in a part")
    write(json.dumps({"id": request["id"], "event": "result", "result": {}, "parts": [1000]}).encode() + b"\n")
    write(b"x" * 500)
    os._exit(1)


def announces_10_gb():
    request = greet_and_hear()
    complain("about to lie about the size")
    write(json.dumps({"id": request["id"], "event": "result", "result": {}, "parts": [10**10]}).encode() + b"\n")
    time.sleep(60)


def sends_wrong_types():
    request = greet_and_hear()
    complain("about to send a word for a number")
    say({"id": request["id"], "event": "progress", "stage": "Denoising", "done": "one", "total": 10})
    time.sleep(60)


def sends_huge_numbers():
    request = greet_and_hear()
    complain("about to send a number of 4000 digits")
    write(b'{"id": %d, "event": "progress", "stage": "", "done": %s, "total": 1}\n' % (request["id"], b"9" * 4000))
    time.sleep(60)


def never_answers():
    complain("thinking")
    greet_and_hear()
    time.sleep(60)


def never_reads():
    complain("not listening")
    say(GOOD_HELLO)
    time.sleep(60)


def closes_its_output():
    greet_and_hear()
    complain("closing stdout")
    os.close(1)
    time.sleep(60)


def ignores_cancel():
    complain("deaf")
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(signal.Signals[name], signal.SIG_IGN)
    greet_and_hear()
    while True:
        time.sleep(1)


# ---- odd, but the job gets its answer


def sends_two_terminal_events():
    request = greet_and_hear()
    say({"id": request["id"], "event": "result", "result": {"answer": 1}})
    say({"id": request["id"], "event": "error", "code": "failed", "message": "no, it failed", "hint": ""})
    work()


def talks_about_unknown_requests():
    request = greet_and_hear()
    say({"id": 999_999, "event": "progress", "stage": "?", "done": 0, "total": 0})
    say({"id": 999_999, "event": "result", "result": {"answer": 2}})
    say({"id": request["id"], "event": "result", "result": {"answer": 1}})
    work()


def floods_events():
    request = greet_and_hear()
    for index in range(20_000):
        say({"id": request["id"], "event": "progress", "stage": "Flooding", "done": index, "total": 20_000})
    say({"id": request["id"], "event": "result", "result": {"answer": 1}})
    work()


def finishes_in_spite_of_a_cancel():
    request = greet_and_hear()
    hear()
    say({"id": request["id"], "event": "result", "result": {"answer": 1}})
    work()


def floods_its_log():
    for _ in range(40_000):
        complain("a line of a hundred characters ".ljust(100, "."))
    request = greet_and_hear()
    say({"id": request["id"], "event": "result", "result": {"answer": 1}})
    work()


def leaves_a_child_behind():
    """The child inherits the pipes and would keep them open."""
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    greet_and_hear()
    complain("gone, but my child is not")
    os._exit(1)


def says_raw_bytes():
    """A good hello, then whatever lies in the file `MARKER.bytes`."""
    say(GOOD_HELLO)
    write(Path(sys.argv[2] + ".bytes").read_bytes())
    os._exit(0)


def work():
    """As a worker should, for the rest of its life."""
    while True:
        request = hear()
        say({"id": request["id"], "event": "result", "result": {"answer": 42}})


if __name__ == "__main__":
    marker = Path(sys.argv[2])
    if marker.exists():
        say(GOOD_HELLO)
        hear()
        work()
    marker.touch()
    globals()[sys.argv[1]]()
