# Children are ended at random instants; each one's own data file must have every line that it said it ran.
import glob
import hashlib
import mmap
import os
import queue
import random
import re
import signal
import sqlite3
import sys
import threading
import time
import zlib

page = mmap.mmap(-1, 4096)


def step(i):
    page[i] = 1


def computing():
    total = 0
    while True:
        total += sum(range(100))


def allocating():
    kept = []
    while True:
        kept = [bytes(n * 37) for n in range(200)] + [dict.fromkeys(range(n)) for n in range(50)]


def sleeping():
    while True:
        time.sleep(0.0001)


def blocked():
    read, write = os.pipe()
    os.read(read, 1)


def waiting():
    queue.Queue().get()


def compressing():
    data = os.urandom(20000)
    while True:
        zlib.compress(data)
        hashlib.sha256(data).digest()


def matching():
    while True:
        re.match(r"(a+)+b", "a" * 12)


def threads():
    def run():
        while True:
            sum(range(500))

    for _ in range(3):
        threading.Thread(target=run, daemon=True).start()
    threading.Event().wait()


def database():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (a, b)")
    while True:
        connection.executemany("insert into t values (?, ?)", [(1, 2)] * 50)
        connection.execute("delete from t")


def finishing():
    time.sleep(random.random() / 500)
    sys.exit(0)


def starting():
    while True:
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()


def adding():
    code = compile("x = 1\n" * 500, __file__, "exec")
    first = 1000
    while True:
        exec(code.replace(co_firstlineno=first), {})
        first += 500


KINDS = [adding, computing, allocating, sleeping, blocked, waiting, compressing, matching, threads,
         database, finishing, starting]


def child(kind):
    step(1)
    step(2)
    step(3)
    kind()


def first_line(function):
    return function.__code__.co_firstlineno


def check(pid, kind, started):
    import coverage
    found = glob.glob(os.path.abspath(".coverage.*.%d.*" % pid)) + glob.glob(
        os.path.abspath(".coverage.*.pid%d.*" % pid))
    lines = set()
    for name in found:
        data = coverage.CoverageData(basename=name)
        try:
            data.read()
            lines |= set(data.lines(os.path.abspath(__file__)) or [])
        except Exception as error:
            print("unreadable", error)
        os.unlink(name)
    base = first_line(child)
    wanted = {base + i for i in range(1, started + 1)}
    return wanted <= lines, sorted(wanted - lines), len(found)


def main(count, seed):
    random.seed(seed)
    bad = 0
    slow = 0.0
    for n in range(count):
        kind = random.choice(KINDS)
        page[0:8] = bytes(8)
        pid = os.fork()
        if pid == 0:
            random.seed(n)
            try:
                child(kind)
            finally:
                os._exit(0)
        time.sleep(random.choice([0.0003, 0.001, 0.003, 0.01]) * (1 + random.random()))
        number = random.choice([signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGQUIT])
        while number == signal.SIGKILL and not page[1]:
            time.sleep(0.0005)  # who is killed before it runs has nothing to save, and the ledger says so
        began = time.monotonic()
        started = 3 if page[3] else 2 if page[2] else 1 if page[1] else 0
        os.kill(pid, number)
        _, status = os.waitpid(pid, 0)
        slow = max(slow, time.monotonic() - began)
        ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        complete, missing, files = check(pid, kind, started)
        if not complete or (ended != number and kind is not finishing):
            bad += 1
            print(n, kind.__name__, "signal", number, "status", status, "missing", missing, "files",
                  files, "after", round(time.monotonic() - began, 3), flush=True)
    print(count, "children,", bad, "bad, slowest", round(slow, 3))


main(int(sys.argv[1]), int(sys.argv[2]))
