"""Bars of --coverage: programs of many files against the merging on disk of gcc's and clang's runtime, and lcov."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bars_paced
import programs
import recordings
from bars_reports import Cost, clean, timed
from harness import base_environment
from programs import SOURCES, call, function
from results import Result

FILES = 200
PER_FILE = 12


def compiler() -> str:
    return os.environ.get("GCC", "gcc")


def missing() -> str | None:
    """What keeps these bars from being measured here."""
    for tool in (compiler(), "lcov"):
        if shutil.which(tool) is None:
            return tool
    return None


def write(directory: Path) -> list[Path]:
    """A project of many small files: main calls one function of each, another one each run."""
    files = []
    for number in range(FILES):
        first = number * PER_FILE
        names = [f"f{n}" for n in range(first, first + PER_FILE)]
        path = directory / f"file_{number}.c"
        path.write_text(
            "".join(function(n) for n in range(first, first + PER_FILE))
            + f"int (*const functions_{number}[])(int) = {{" + ", ".join(names) + "};\n")
        files.append(path)
    main = directory / "main.c"
    main.write_text(
        "#include <stdlib.h>\n"
        + "".join(f"extern int (*const functions_{n}[])(int);\n" for n in range(FILES))
        + "int main(int count, char **words) {\n"
        + "  int run = count > 1 ? atoi(words[1]) : 0, sum = 0;\n"
        + "".join(f"  sum += functions_{n}[(run + {n}) % {PER_FILE}](run);\n" for n in range(FILES))
        + "  return sum == -1;\n}\n")
    return files + [main]


def build(work: Path, by: str) -> Path:
    """The project, built file by file as build systems do it, with and without --coverage."""
    directory = work / f"project-{Path(by).name}"
    if (directory / "bare").exists():
        return directory
    clean(directory)
    directory.mkdir(parents=True)
    sources = write(directory)
    for name, options in (("covered", ["--coverage"]), ("bare", [])):
        def compile_one(source: Path) -> Path:
            target = directory / f"{source.stem}.{name}.o"
            call(by, "-O0", *options, "-c", "-o", target, source)
            return target

        with ThreadPoolExecutor(2) as pool:
            objects = list(pool.map(compile_one, sources))
        call(by, *options, "-o", directory / name, *objects)
    return directory


def many(program: Path, count: int) -> list:
    """`count` runs at -j2."""
    return ["sh", "-c", f"seq 1 {count} | xargs -P2 -n1 {program}"]


def by_salvage(project: Path, count: int) -> tuple[Cost, Cost]:
    recording, report = project / "recording", project / "ours.info"
    clean(recording)
    run = timed([recordings.command(), "run", "-q", "-o", recording, "--",
                 *many(project / "covered", count)], base_environment())
    return run, timed([recordings.command(), "report", recording, "-f", "lcov", "-o", report],
                      base_environment())


def by_libgcov(project: Path, count: int) -> tuple[Cost, Cost]:
    for data in project.glob("*.gcda"):
        data.unlink()
    run = timed(many(project / "covered", count), base_environment())
    # As fast as lcov can be asked: no branches, which ours has.
    return run, timed(["lcov", "-q", "-c", "-d", project, "-o", project / "theirs.info"],
                      base_environment())


def totals(tracefile: Path) -> dict[tuple[str, int], int]:
    counts: dict[tuple[str, int], int] = {}
    path = ""
    for line in tracefile.read_text().splitlines():
        if line.startswith("SF:"):
            path = line[3:]
        elif line.startswith("DA:"):
            number, count = line[3:].split(",")[:2]
            counts[path, int(number)] = counts.get((path, int(number)), 0) + int(count)
    return counts


def processes(work: Path, count: int, rounds: int) -> list[Result]:
    """Wall time, as both merge at -j2; each way in turn, the least of its rounds."""
    lacks = missing()
    if lacks:
        return [Result(f"gcc --coverage: skipped, no {lacks} here", "", 0, None)]
    project = build(work, compiler())
    ours, theirs, bare = [], [], []
    for _ in range(rounds):
        bare.append(timed(many(project / "bare", count), base_environment()))
        ours.append(by_salvage(project, count))
        theirs.append(by_libgcov(project, count))
    differing = sum(a != b for a, b in zip(sorted(totals(project / "ours.info").items()),
                                          sorted(totals(project / "theirs.info").items())))
    runs = [min(r.wall for r, _ in way) for way in (ours, theirs)]
    wholes = [min(r.wall + p.wall for r, p in way) for way in (ours, theirs)]
    least = min(b.wall for b in bare)
    run_cpu = [min(r.cpu for r, _ in way) for way in (ours, theirs)]
    cpu = [min(r.cpu + p.cpu for r, p in way) for way in (ours, theirs)]
    name = f"{count} runs of {FILES} files of gcc at -j2"
    return [
        Result(f"{name} / libgcov", "≤ 0.35", runs[0] / runs[1], 0.35,
               f"{runs[0]:.2f} s against {runs[1]:.2f}; not instrumented {least:.2f} s, "
               f"{least / runs[1]:.2f}; CPU {run_cpu[0]:.2f} s against {run_cpu[1]:.2f}, "
               f"{run_cpu[0] / run_cpu[1]:.2f}"),
        Result(f"{name} and lcov file / libgcov and lcov", "≤ 0.70", wholes[0] / wholes[1], 0.7,
               f"{wholes[0]:.2f} s against {wholes[1]:.2f}, CPU {cpu[0]:.2f} s against "
               f"{cpu[1]:.2f}, {cpu[0] / cpu[1]:.2f}"),
        Result("lines whose counts differ from libgcov's and lcov's", "0", differing, 0,
               f"of {len(totals(project / 'theirs.info'))}", unit="lines"),
    ]


def processes_of_clang(work: Path, count: int, rounds: int) -> list[Result]:
    """As above, and only the runs: lcov asks gcov, which does not read clang's notes."""
    project = build(work, programs.compiler())
    ours, theirs = [], []
    for _ in range(rounds):
        recording = project / "recording"
        clean(recording)
        ours.append(timed([recordings.command(), "run", "-q", "-o", recording, "--",
                           *many(project / "covered", count)], base_environment()))
        for data in project.glob("*.gcda"):
            data.unlink()
        theirs.append(timed(many(project / "covered", count), base_environment()))
    runs = [min(cost.wall for cost in way) for way in (ours, theirs)]
    cpu = [min(cost.cpu for cost in way) for way in (ours, theirs)]
    return [Result(f"{count} runs of {FILES} files of clang --coverage at -j2 / its runtime", "≤ 0.50",
                   runs[0] / runs[1], 0.5, f"{runs[0]:.2f} s against {runs[1]:.2f}; CPU {cpu[0]:.2f} s against "
                   f"{cpu[1]:.2f}, {cpu[0] / cpu[1]:.2f}")]


def steady(work: Path, rounds: int) -> list[Result]:
    """A loop that counts, from the same binary: recorded and not."""
    if missing():
        return []
    program = work / "steady-gcc"
    if not program.exists():
        call(compiler(), "-O0", "--coverage", "-o", program, SOURCES / "steady.c")
    return bars_paced.steady(work, rounds, program.name, "steady state of gcc / no preload, CPU")
