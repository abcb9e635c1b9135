"""How a foreign program is run: bare, and with the library in the ways that users have."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "Shared"))

import packages  # noqa: E402
from commands import Outcome, environment, execute  # noqa: E402
from packages import Unavailable  # noqa: E402, F401

CACHE = ROOT / ".build-foreign"
SIGNALS = ",".join(str(number) for number in range(1, 65) if number not in (9, 19, 32, 33))


@dataclass(frozen=True)
class Way:
    name: str
    options: tuple[str, ...] | None  # of `salvage env` and `salvage run`; None: without the library


BARE = Way("bare", None)
WAYS = [
    Way("live", ()),
    Way("private", ("--private",)),
    Way("note-signals", ("--note-signals",)),
    Way("chained", ("--private", "--note-signals", "--save-before", SIGNALS)),
    Way("hidden", ("--hide-environment",)),
]


class Problem(Exception):
    """The harness itself, or the library where no program is to be blamed."""


def normal(text: str, directory: Path) -> str:
    """Without what differs from one run to the next: addresses, pids, times, the directory."""
    text = text.replace(str(directory), "DIRECTORY")
    text = re.sub(r"(0x)+[0-9a-fA-F]+", "0x#", text)
    return re.sub(r"\d+:\d\d:\d\d|\d+\.\d+|\d{3,}", "#", text)


class Place:
    """A way, a directory to work in, and the recording that is made there."""

    def __init__(self, salvage: Path, way: Way, directory: Path, counted: Path | None):
        self.salvage, self.way, self.directory = salvage, way, directory
        self.recording = directory / "recording"
        self.counted = counted
        directory.mkdir(parents=True, exist_ok=True)
        self.variables = environment()
        if way.options is None:
            return
        made = subprocess.run(
            [salvage, "env", "--fresh", "--shell", "json", "-o", self.recording, *way.options],
            env=environment(), capture_output=True, text=True)
        if made.returncode != 0:
            raise Problem(f"salvage env: {made.stderr}")
        self.variables |= json.loads(made.stdout)
        if counted:  # a library with counters, so that there are pages to share or counters to save
            self.variables["LD_PRELOAD"] += f":{counted}"

    def scratch(self, name: str) -> Path:
        path = self.directory / re.sub(r"[^\w.-]", "_", name)[:150]
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def execute(self, command: list, directory: Path, seconds: float,
                extra: dict[str, str] | None = None, **options) -> Outcome:
        return execute(command, directory, self.variables | (extra or {}), seconds, **options)

    def lives(self) -> str:
        """How many program images were recorded, and what was lost, by reason."""
        if self.way.options is None:
            return ""
        for step in ("collect", "ledger"):
            words = [self.salvage, step, *(["--json"] if step == "ledger" else []), self.recording]
            done = subprocess.run(words, env=environment(), capture_output=True, text=True)
        ledger = json.loads(done.stdout)
        entered = sum(life["entered"] for life in ledger["lives"])
        if not entered:
            raise Problem(f"{self.way.name}: no program was entered")
        reasons: dict[str, int] = {}
        for loss in ledger["losses"]:
            reasons[loss["reason"]] = reasons.get(loss["reason"], 0) + 1
        lost = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        return f"{entered} lives, losses: {lost or 'none'}"


def counted_library(directory: Path) -> Path | None:
    """A library with LLVM counters and without LLVM's runtime, which would write at exit."""
    path = directory / "libcounted.so"
    done = subprocess.run(
        ["clang", "-shared", "-fPIC", "-O1", "-fprofile-instr-generate", "-fcoverage-mapping", "-o", path,
         HERE / "counted.c"], capture_output=True, text=True)
    if done.returncode != 0:
        raise Problem(f"counted.c: {done.stderr}")
    return path


def source_package(name: str) -> Path:
    """The upstream source of a Debian package, fetched once."""
    return packages.source(name, CACHE)


def program(name: str, package: str, place: str) -> Path | None:
    """A program that is installed, or that is taken out of its Debian package: to install a server would
    start it."""
    return packages.program(name, package, place, CACHE)
