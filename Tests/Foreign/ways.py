"""How a foreign program is run: bare, and with the library in the ways that users have."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
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


class Unavailable(Exception):
    """What a suite needs is not on this machine."""


class Problem(Exception):
    """The harness itself, or the library where no program is to be blamed."""


@dataclass
class Outcome:
    status: int  # of subprocess: negative for a signal
    output: str
    timed_out: bool
    seconds: float

    @property
    def end(self) -> str:
        if self.timed_out:
            return "no end"
        return f"exit {self.status}" if self.status >= 0 else f"signal {-self.status}"


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """One that is the same wherever the tests are started from."""
    own = {name: value for name, value in os.environ.items()
           if name in ("PATH", "HOME", "USER", "LOGNAME", "TERM")}
    return own | {"LC_ALL": "C.UTF-8", "TZ": "UTC"} | (extra or {})


def execute(command: list, directory: Path, variables: dict[str, str], seconds: float,
            **options) -> Outcome:
    """In a session of its own, all of which ends with it."""
    log = directory / "output"
    begun = time.monotonic()
    with log.open("wb") as file:
        process = subprocess.Popen(
            [os.fspath(word) for word in command], stdin=subprocess.DEVNULL, stdout=file,
            stderr=subprocess.STDOUT, cwd=directory, env=variables, start_new_session=True, **options)
        late = False
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            late = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    text = log.read_text(errors="replace")
    return Outcome(process.returncode, text, late, time.monotonic() - begun)


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


def apt(home: Path, kind: str, *commands: list[str]) -> None:
    """apt's own means, in lists of our own: nothing of the machine is changed, and it needs no root."""
    release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release") if "=" in line)
    if release["ID"].strip('"') != "debian" or not shutil.which("apt-get"):
        raise Unavailable("a Debian release, to take a package")
    shutil.rmtree(home, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial"):
        (home / folder).mkdir(parents=True)
    (home / "debian.sources").write_text(
        f"Types: {kind}\nURIs: http://deb.debian.org/debian\n"
        f"Suites: {release['VERSION_CODENAME']}\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n")
    options = [word for option in (
        f"Dir::Etc::sourcelist={home}/debian.sources", "Dir::Etc::sourceparts=/dev/null",
        f"Dir::State::lists={home}/lists", f"Dir::Cache={home}/cache", "Acquire::Retries=1",
        "Dir::State::status=/dev/null", "APT::Sandbox::User=") for word in ("-o", option)]
    try:
        for words in (["update"], *commands):
            subprocess.run(["apt-get", "-qq", *options, *words], cwd=home, check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"Debian's package: {error}") from error
    shutil.rmtree(home / "lists")
    shutil.rmtree(home / "cache")


def source_package(name: str) -> Path:
    """The upstream source of a Debian package, fetched once."""
    home = CACHE / name
    source = home / "source"
    if not (home / "done").exists():
        apt(home, "deb-src", ["source", "--download-only", name])
        source.mkdir()
        archive = next(path for path in home.glob("*.orig.tar.*") if path.suffix != ".asc")
        subprocess.run(["tar", "xf", archive, "-C", source, "--strip-components=1"], check=True)
        (home / "done").touch()
    return source


def program(name: str, package: str, place: str) -> Path | None:
    """A program that is installed, or that is taken out of its Debian package: to install a server would
    start it."""
    installed = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if installed:
        return Path(installed)
    home = CACHE / f"{package}-program"
    if not (home / "done").exists():
        try:
            apt(home, "deb", ["download", package])
        except Unavailable:
            return None
        subprocess.run(["dpkg", "-x", next(home.glob("*.deb")), home / "root"], check=True)
        (home / "done").touch()
    found = home / "root" / place
    # Its libraries may be missing: then ld.so says so.
    return found if subprocess.run([found, "-h"], capture_output=True).returncode != 127 else None
