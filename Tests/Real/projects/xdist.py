"""pytest-xdist of PyPI, and a package of our own whose tests exit, crash and kill their workers."""

import packages
from python_project import Python
from real import Explained

PACKAGE = '''import os
import signal


def exits(status):
    before = status + 1  # ran
    os._exit(before)


def killed():
    before = signal.SIGKILL  # ran
    os.kill(os.getpid(), before)


def faults():
    before = signal.SIGSEGV  # ran
    os.kill(os.getpid(), before)


def aborts():
    before = 6  # ran
    os.abort() if before else None


def raises(text):
    if text:
        raise ValueError(text)  # ran
    return text


def grows(number):
    total = 0
    for n in range(number):
        total += n  # ran
    return total
'''
TESTS = '''import crash
import pytest


@pytest.mark.parametrize("number", range(40))
def test_grows(number):
    assert crash.grows(number) == number * (number - 1) // 2


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("way", ["killed", "faults", "aborts"])
def test_dies(way, number):
    getattr(crash, way)()


@pytest.mark.parametrize("number", range(3))
def test_exits(number):
    crash.exits(number)


def test_raises():
    with pytest.raises(ValueError):
        crash.raises("x")
'''


class Crashes(Python):
    name = "xdist-crashes"
    must_run = "# ran"
    explained = [Explained("more", "in workers that crash")]
    tests = ("-n", "3", "--max-worker-restart", "99", "--import-mode", "prepend")

    def build(self):
        source = self.home / "source"
        source.mkdir()
        (source / "crash.py").write_text(PACKAGE)
        (source / "test_crash.py").write_text(TESTS)
        packages.python_environment(self.home, "pytest", "coverage", "pytest-xdist")

    def tallies(self, output):
        # Which worker has a test, and when, is chance; what becomes of the tests is not.
        return [line for line in super().tallies(output) if "::" not in line]


ROWS = [Crashes()]
