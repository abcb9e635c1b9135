"""A project that others wrote: built once with coverage, its suite run bare and under `salvage run`."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Shared"))

import packages  # noqa: E402
from commands import Outcome, environment, execute  # noqa: E402
from packages import Unavailable  # noqa: E402
from peers import Item, Lines, Peer, read_tracefile, require  # noqa: E402


@dataclass
class Explained:
    """A kind of difference that has a reason: lines of a text, in files of a name, in one direction."""

    what: str  # `more`: it ran in ours alone; `missing`: in theirs alone; `ours`, `theirs`: known to one
    reason: str
    file: str = ""  # a regular expression that is searched in the path
    text: str = ""  # the same in the line

    def holds(self, what: str, path: str, text: str) -> bool:
        return what == self.what and bool(re.search(self.file, path) and re.search(self.text, text))


class Project:
    """One row. A file of Tests/Real/projects has some, as `ROWS`."""

    name = ""
    about = ""
    peer: Peer
    needs: tuple[str, ...] = ()
    seconds = 1200.0
    explained: list[Explained] = []
    must_run = ""  # lines with this text are executed in our report

    home: Path  # what is built

    def build(self) -> None:
        """Fetches and builds in `home`. Raises Unavailable where something is missing."""
        raise NotImplementedError

    def start(self) -> None:
        """Sets what is not in files."""

    @property
    def sources(self) -> Path:
        """Files below it are compared."""
        return self.home

    @property
    def directory(self) -> Path:
        """Where the suite runs."""
        return self.home

    def suite(self) -> list:
        raise NotImplementedError

    def suite_of_peer(self) -> list | None:
        """Another run of the suite, where the tool has to be started with it."""
        return None

    def variables(self) -> dict[str, str]:
        return {}

    def variables_of_peer(self) -> dict[str, str]:
        return {}

    def options(self) -> list[str]:
        """Of `salvage run`."""
        return []

    def objects(self) -> list[Path]:
        """Programs and libraries with LLVM's coverage mapping, below `home`."""
        found, seen = [], set()
        for path in sorted(self.home.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.stat().st_size > 1000:
                if path.stat().st_ino in seen:  # cargo links what it builds
                    continue
                seen.add(path.stat().st_ino)
                with path.open("rb") as file:
                    head = file.read(18)
                    if head[:4] != b"\x7fELF" or head[16] not in (2, 3):  # neither program nor library
                        continue
                    file.seek(0)
                    if b"__llvm_covmap" in file.read():
                        found.append(path)
        return found

    def before(self) -> None:
        """Before each run of the suite."""

    def tallies(self, output: str) -> list[str]:
        """What the suite says of itself that is the same in each run."""
        raise NotImplementedError

    def reason(self, what: str, path: str, line: int, processes_die: bool) -> str | None:
        """Why this line may differ. That more ran needs processes of which the peer has nothing."""
        if what == "more" and not processes_die:
            return None
        return next((one.reason for one in self.explained if one.holds(what, path, line_of(path, line))), None)

    def unexecuted(self, ours: Lines) -> list[str]:
        return [f"{path}:{number}" for path, lines in ours.items() if self.must_run
                for number, text in enumerate(Path(path).read_text().splitlines(), 1)
                if self.must_run in text and not lines.get(number)]

    def summary(self, tallies: list[str]) -> str:
        return tallies[-1] if tallies else "nothing"

    # For projects.

    def shell(self, script: str, directory: Path | None = None, **variables: str) -> None:
        """A step of the build."""
        done = subprocess.run(
            ["sh", "-ec", script], cwd=directory or self.home, capture_output=True, text=True, errors="replace",
            stdin=subprocess.DEVNULL, env=environment({"LLVM_PROFILE_FILE": "/dev/null"} | variables))
        if done.returncode != 0:
            raise RuntimeError(f"{self.name} can't be built: {(done.stdout + done.stderr)[-1500:]}")


class Compiled(Project):
    """Of gcc or clang."""

    def __init__(self, name: str, peer):
        self.name, self.peer = name, peer
        self.flags = " ".join(peer.flags)

    def options(self):
        return ["--no-python"]

    def debian(self, package: str) -> Path:
        """The upstream source, as `home`/source."""
        shutil.copytree(packages.source(package, self.home.parent / "sources"), self.home / "source", symlinks=True)
        return self.home / "source"


@dataclass
class Row:
    """What a row showed."""

    bare: Outcome
    with_us: Outcome
    processes: int
    ours: Lines
    theirs: Lines
    deaths: int  # processes with counters that ended by _exit or a signal
    losses: dict[str, int]
    says: str  # of the suite, as it says it
    problems: list[str] = field(default_factory=list)
    explained: Counter = field(default_factory=Counter)


def total(lines: Lines) -> str:
    known = [count for file in lines.values() for count in file.values()]
    return f"{len(known):,} lines, {sum(count > 0 for count in known):,} ran"


class Bench:
    """Where rows run: a scratch folder, the command, and what is kept from one time to the next."""

    def __init__(self, salvage: Path, scratch: Path, verbose: bool):
        self.salvage, self.scratch, self.verbose = salvage, scratch, verbose

    def prepare(self, project: Project, source: Path) -> None:
        require(*project.needs, *project.peer.needs)
        project.home = self.scratch / project.name
        key = hashlib.sha256(source.read_bytes() + " ".join(project.peer.flags).encode()).hexdigest()
        done = project.home / "built"
        if not (done.exists() and done.read_text() == key):
            shutil.rmtree(project.home, ignore_errors=True)
            project.home.mkdir(parents=True)
            project.build()
            done.write_text(key)
        project.start()

    def run(self, project: Project, command: list, work: Path, variables: dict[str, str], seconds: float) -> Outcome:
        project.before()
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        # The log is not in the suite's own directory.
        words = ["sh", "-c", 'cd "$0" && exec "$@"', project.directory, *command]
        return execute(words, work, environment(project.variables() | variables), seconds)

    def bare(self, project: Project) -> tuple[Outcome, Lines]:
        work = self.scratch / "work" / project.name / "bare"
        project.peer.forget(project.home)
        outcome = self.run(project, project.suite(), work, project.peer.variables(work), project.seconds)
        other = project.suite_of_peer()
        if other:
            second = self.run(
                project, other, work.with_name("peer"), project.variables_of_peer() | project.peer.variables(work),
                3 * project.seconds)
            if project.tallies(second.output) != project.tallies(outcome.output):
                print(f"      {project.name}: under {project.peer.name}: {second.end}, {project.tallies(second.output)}")
        theirs = project.peer.lines(project, work)
        project.peer.forget(project.home)
        return outcome, theirs

    def with_us(self, project: Project) -> tuple[Outcome, Lines, dict]:
        work = self.scratch / "work" / project.name / "salvage"
        recording = work.with_name("recording")
        command = [self.salvage, "run", "-q", "-o", recording, *project.options(), "--", *project.suite()]
        project.peer.forget(project.home)
        outcome = self.run(project, command, work, {}, 4 * project.seconds)
        left = list(project.home.rglob("*.gcda")) + list(project.home.rglob("*.profraw"))
        if left:
            print(f"      {project.name}: {len(left)} files of the compiler's own runtime, as {left[0]}")
        report = subprocess.run(
            [self.salvage, "report", "-f", "lcov", *project.peer.report, recording], capture_output=True, text=True)
        if report.returncode != 0:
            raise RuntimeError(f"salvage report: {report.stderr}")
        if report.stderr and self.verbose:
            print(report.stderr, end="")
        ledger = subprocess.run([self.salvage, "ledger", "--json", recording], capture_output=True, text=True, check=True)
        return outcome, read_tracefile(report.stdout, project.sources), json.loads(ledger.stdout)

    def row(self, project: Project) -> Row:
        bare, theirs = self.bare(project)
        with_us, ours, ledger = self.with_us(project)
        processes = sum(life["end"] != "exec" for life in ledger["lives"])
        losses = Counter(loss["reason"] for loss in ledger["losses"])
        counting = [life for life in ledger["lives"] if life["objects"] or "python" in Path(life["program"]).name]
        deaths = sum(life["end"] not in ("returned", "exit", "exec") for life in counting)
        row = Row(bare, with_us, processes, ours, theirs, deaths, losses, project.summary(project.tallies(with_us.output)))
        if bare.timed_out or not project.tallies(bare.output):
            row.problems.append(f"the suite does not run bare: {bare.end}\n{bare.output[-1500:]}")
        if with_us.end != bare.end:
            row.problems.append(f"ended by {with_us.end}, bare by {bare.end}")
        if project.tallies(with_us.output) != project.tallies(bare.output):
            row.problems.append(f"says {project.tallies(with_us.output)}, bare {project.tallies(bare.output)}")
        if not theirs or not ours:
            row.problems.append("a report is empty")
        self.compare(project, row)
        return row

    def compare(self, project: Project, row: Row) -> None:
        """Line by line. What two pairs of runs do not agree in is no fault of the library."""
        peer, work = project.peer, self.scratch / "work" / project.name / "bare"
        found = differences(row.ours, row.theirs)
        found += [item for item in differences(row.ours, peer.must_have_run(project, work))
                  if item[0] == "missing" and item not in found]
        of_peer = peer.explain(project, work, found)
        left = []
        for item in found:
            reason = of_peer.get(item) or project.reason(*item, row.deaths > 0)
            if reason:
                row.explained[f"{item[0]}: {reason}"] += 1
            else:
                left.append(item)
        for _ in range(2):
            if left:
                # Suites that wait for clocks and ports do not run the same lines twice.
                again = {*differences(self.with_us(project)[1], self.bare(project)[1])}
                row.explained["not in each pair of runs"] += len(left)
                left = [item for item in left if item in again]
                row.explained["not in each pair of runs"] -= len(left)
        row.explained = +row.explained
        shown = left if self.verbose else left[:40]
        row.problems += [f"{what}: {os.path.relpath(path, project.sources)}:{line}: {line_of(path, line).strip()[:100]}"
                         for what, path, line in shown]
        if len(left) > len(shown):
            row.problems.append(f"… {len(left)} in all")
        row.problems += [f"did not run in our report: {place}" for place in project.unexecuted(row.ours)]


def differences(ours: Lines, theirs: Lines) -> list[Item]:
    found = []
    for path in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(path, {}), theirs.get(path, {})
        if not mine and not any(other.values()):
            continue  # of no program that was started
        for line in sorted(mine.keys() | other.keys()):
            if line not in other:
                found.append(("ours", path, line))
            elif line not in mine:
                found.append(("theirs", path, line))
            elif (mine[line] > 0) != (other[line] > 0):
                found.append(("more" if mine[line] > 0 else "missing", path, line))
    return found


_texts: dict[str, list[str]] = {}


def line_of(path: str, line: int) -> str:
    if path not in _texts:
        _texts[path] = Path(path).read_text(errors="replace").split("\n") if Path(path).exists() else []
    return _texts[path][line - 1] if line <= len(_texts[path]) else ""
