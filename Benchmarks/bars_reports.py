"""Bars of whole runs with their reports, of one report, and of memory."""

import os
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import programs
import recordings
from bars_paced import QUIET
from harness import base_environment
from results import Result


@dataclass
class Cost:
    wall: float  # seconds
    cpu: float   # user + system, of all that was waited for

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.wall + other.wall, self.cpu + other.cpu)


def timed(command: list, environment: dict[str, str], **options) -> Cost:
    """Runs a command to its end."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([str(c) for c in command], env=environment, check=True, **options)
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def many(work: Path, count: int) -> str:
    """A shell command: the large program `count` times at -j2, each elsewhere in its functions."""
    return f"seq 1 7 {count * 7} | xargs -P2 -n1 {work}/large"


def clean(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)


# ---- the ways -------------------------------------------------------------------------------------


def record(work: Path, directory: Path, count: int) -> Cost:
    clean(directory)
    return timed([recordings.command(), "run", "-o", directory, "--", "sh", "-c", many(work, count)],
                 base_environment(), stderr=subprocess.DEVNULL)


def by_salvage(work: Path, count: int) -> tuple[Cost, Cost, int]:
    """The run, the report, and the bytes of counters."""
    directory = work / "many"
    run = record(work, directory, count)
    report = salvage_report(work, directory)
    size = recordings.allocated(directory, "*.cnt")
    clean(directory)
    return run, report, size


def salvage_report(work: Path, directory: Path, form: str = "lcov") -> Cost:
    return timed([recordings.command(), "report", directory, "-f", form, "-o", work / "ours.info"],
                 base_environment())


def by_llvm(work: Path, count: int, pattern: str) -> tuple[Cost, Cost, int]:
    directory = work / "many"
    clean(directory)
    directory.mkdir()
    run = timed(["sh", "-c", many(work, count)],
                {**base_environment(), "LLVM_PROFILE_FILE": f"{directory}/{pattern}.profraw"})
    report = llvm_report(work, directory)
    size = recordings.allocated(directory, "*.profraw")
    clean(directory)
    return run, report, size


def llvm_report(work: Path, directory: Path, program: str = "large", form: str = "lcov") -> Cost:
    profile = directory / "all.profdata"
    merge = timed([programs.tool("llvm-profdata"), "merge", "-o", profile, *directory.glob("*.profraw")],
                  base_environment())
    with open(work / "theirs.info", "w") as out:
        return merge + timed(
            [programs.tool("llvm-cov"), "export", f"-format={form}", f"-instr-profile={profile}",
             work / program],
            base_environment(), stdout=out)


# ---- the bars -------------------------------------------------------------------------------------


def figures(name: str, run: Cost, report: Cost, size: int) -> str:
    return (f"{name}: run {run.wall:.1f} s, report {report.wall:.2f} s, "
            f"CPU {run.cpu + report.cpu:.1f} s, {size / 1e6:.1f} MB")


def least(samples: list[tuple[Cost, Cost, int]]) -> tuple[Cost, Cost, int]:
    return min(samples, key=lambda s: s[0].cpu + s[1].cpu)


def processes(work: Path, counts: list[int]) -> Iterator[Result]:
    for count in counts:
        repeats = 3 if count <= 100 else 2 if count <= 1000 else 1
        mine, pooled = [], []
        for _ in range(repeats):
            mine.append(by_salvage(work, count))
            pooled.append(by_llvm(work, count, "%4m"))
        a, b = least(mine), least(pooled)
        yield Result(
            f"{count} processes at -j2, CPU of run and report / %4m", "≤ 1.00",
            (a[0].cpu + a[1].cpu) / (b[0].cpu + b[1].cpu), 1.0,
            figures("salvage", *a) + "; " + figures("%4m", *b))
        yield Result(f"{count} processes, counter bytes / %4m", "≤ 1.00", a[2] / b[2], 1.0)
        if count <= 1000:
            c = by_llvm(work, count, "%p")
            yield Result(
                f"{count} processes, CPU of run and report / %p", "≤ 0.20" if count == 1000 else "",
                (a[0].cpu + a[1].cpu) / (c[0].cpu + c[1].cpu), 0.2 if count == 1000 else None,
                figures("%p", *c))
    if len(counts) > 1:
        yield growth(work, min(counts), max(counts))


def growth(work: Path, fewest: int, most: int) -> Result:
    """What a report costs more where there are more processes; both by turns."""
    costs: dict[int, list[float]] = {fewest: [], most: []}
    for count in costs:
        record(work, work / f"of-{count}", count)
    for _ in range(5):
        for count, cpu in costs.items():
            cpu.append(salvage_report(work, work / f"of-{count}").cpu)
    for count in costs:
        clean(work / f"of-{count}")
    base, larger = min(costs[fewest]), min(costs[most])
    return Result(f"report of {most} processes / of {fewest}, CPU", "≤ 1.15", larger / base, 1.15,
                  f"{larger:.3f} s against {base:.3f} s")


def one_report(work: Path, rounds: int) -> list[Result]:
    """One process; both ways write the same report."""
    return [report_of(work, rounds, program, *forms, bar) for program, forms, bar in (
        ("large", ("lcov", "lcov"), 0.4), ("large", ("llvm-json", "text"), 0.3),
        ("small", ("lcov", "lcov"), 2.0))]


def report_of(work: Path, rounds: int, program: str, form: str, theirs_form: str, bar: float) -> Result:
    ours, theirs = work / "one", work / "one-llvm"
    clean(ours), clean(theirs)
    theirs.mkdir()
    timed([recordings.command(), "run", "-o", ours, "--", work / program], base_environment(),
          stderr=subprocess.DEVNULL)
    timed([work / program],
          {**base_environment(), "LLVM_PROFILE_FILE": f"{theirs}/%p.profraw"})
    a, b = [], []
    for _ in range(rounds):
        a.append(salvage_report(work, ours, form).cpu)
        b.append(llvm_report(work, theirs, program, theirs_form).cpu)
    return Result(
        f"report of one process ({program}, {form}) / llvm-profdata + llvm-cov, CPU", f"≤ {bar:.2f}",
        min(a) / min(b), bar, f"{min(a):.3f} s against {min(b):.3f}")


def held(work: Path, environment: dict[str, str]) -> dict[str, int]:
    """KiB by kind, of the large program after its run."""
    program = subprocess.Popen([work / "large", "hold"], env=environment, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    program.stdout.readline()
    lines = Path(f"/proc/{program.pid}/smaps_rollup").read_text().splitlines()[1:]
    program.stdin.close()
    program.wait()
    return {line.split()[0].rstrip(":"): int(line.split()[1]) for line in lines}


def memory(work: Path) -> list[Result]:
    preload = {"LD_PRELOAD": str(work / "empty.so")}
    os.sync()  # code in a file that was just made counts as dirty until it is on disk
    bare = held(work, {**base_environment(), **QUIET, **preload})
    recorded = recordings.environment(work / "memory")
    first = held(work, recorded)  # makes ledger, index and slot
    os.sync()
    # Of several: the kernel writes the counters to disk too when it likes.
    several = [held(work, recorded) for _ in range(9)]
    ours = {kind: int(statistics.median(one[kind] for one in several)) for kind in first}
    added = {kind: ours[kind] - bare[kind] for kind in ours}
    return [Result(
        "private memory added to an LLVM process", "≤ 200 KiB", added["Private_Dirty"], 200,
        f"of nine {min(one['Private_Dirty'] for one in several) - bare['Private_Dirty']}…"
        f"{max(one['Private_Dirty'] for one in several) - bare['Private_Dirty']}; "
        f"Anonymous {added['Anonymous']:+} KiB, Private_Clean {added['Private_Clean']:+}, "
        f"Pss {added['Pss']:+}; as first process of the recording Private_Dirty "
        f"{first['Private_Dirty'] - bare['Private_Dirty']:+}", unit="KiB")]
