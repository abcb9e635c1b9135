"""Bars of Python: the recorder against a plain run, coverage.py and slipcover, in the interpreters that
`--python` names. Peers are measured where the interpreter has them."""

import re
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import recordings
from bars_reports import clean, timed
from harness import base_environment
from results import Result

PROGRAMS = Path(__file__).parent / "programs/python"
CPU_BOUND = (("parse.py", "30000"), ("simulate.py", "12000"))
STEADY = (("parse.py", 1500, 3000), ("simulate.py", 400, 800))


def minor(python: str) -> int:
    answer = subprocess.run([python, "-c", "import sys; print(sys.version_info[1])"],
                            capture_output=True, text=True, check=True)
    return int(answer.stdout)


def has(python: str, module: str) -> bool:
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0


def peers(python: str, work: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """What goes between the interpreter and the program, and variables."""
    found: dict[str, tuple[list[str], dict[str, str]]] = {}
    coverage = ["-m", "coverage", "run", f"--data-file={work}/coverage", f"--include={PROGRAMS}/*"]
    if has(python, "coverage"):
        found["coverage ctrace"] = (coverage, {"COVERAGE_CORE": "ctrace"})
        if minor(python) >= 12:
            found["coverage sysmon"] = (coverage, {"COVERAGE_CORE": "sysmon"})
    if has(python, "slipcover"):
        found["slipcover"] = (["-m", "slipcover", "--out", f"{work}/slipcover"], {})
    return found


def in_turn(ways: dict, rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each way, round by round."""
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        names = list(ways)
        for name in names[number % len(names):] + names[:number % len(names)]:
            command, environment = ways[name]
            costs[name].append(timed(command, environment, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL).cpu)
    return costs


def cpu_bound(work: Path, pythons: list[str], rounds: int) -> Iterator[Result]:
    for python in pythons:
        version = minor(python)
        for program, size in CPU_BOUND:
            rest = [str(PROGRAMS / program), size]
            ways = {"plain": ([python, *rest], base_environment()),
                    "salvage": ([python, *rest], recordings.environment(work / "python"))}
            for name, (options, variables) in peers(python, work).items():
                ways[name] = ([python, *options, *rest], {**base_environment(), **variables})
            least = {name: min(costs) for name, costs in in_turn(ways, rounds).items()}
            detail = ", ".join(f"{name} {cost:.2f} s ({cost / least['plain']:.2f})"
                               for name, cost in least.items())
            if version >= 12:
                yield Result(f"{program} in 3.{version} / plain, CPU", "≤ 1.05",
                             least["salvage"] / least["plain"], 1.05, detail)
            elif "coverage ctrace" in least:
                yield Result(f"{program} in 3.{version} / coverage.py's C tracer, CPU", "< 1.00",
                             least["salvage"] / least["coverage ctrace"], 0.99, detail)


def instructions(command: list[str], environment: dict[str, str]) -> int:
    done = subprocess.run(
        ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", *command],
        env=environment, capture_output=True, text=True, check=True)
    found = re.search(r"I +refs: +([0-9,]+)", done.stderr)
    return int(found.group(1).replace(",", "")) if found else 0


def steady(work: Path, pythons: list[str]) -> Iterator[Result]:
    """What more work of a program costs once its lines have run, in instructions: the same on every machine
    and at every load."""
    if shutil.which("valgrind") is None:
        return
    for python in pythons:
        version = minor(python)
        if version < 12:
            continue
        for program, little, much in STEADY:
            plain = {**base_environment(), "PYTHONHASHSEED": "0"}
            ours = {**recordings.environment(work / "python"), "PYTHONHASHSEED": "0"}
            script = [python, str(PROGRAMS / program)]
            counts = [[instructions([*script, str(size)], way) for size in (little, much)]
                      for way in (plain, ours)]
            more = [large - small for small, large in counts]
            yield Result(f"{program} in 3.{version} / plain, instructions of more work", "≤ 1.05",
                         more[1] / more[0], 1.05,
                         f"start and first run of each line: {(counts[1][0] - counts[0][0]) / 1e6:.1f} million")


def workers(work: Path, pythons: list[str], rounds: int) -> Iterator[Result]:
    """300 short workers: the run, and the report."""
    program = [str(PROGRAMS / "workers.py"), "300"]
    directory = work / "python"
    for python in pythons:
        plain, ours = [], []
        for _ in range(rounds):
            plain.append(timed([python, *program], base_environment()))
            clean(directory)
            run = timed([recordings.command(), "run", "-q", "-o", directory, "--", python, *program],
                        base_environment())
            report = timed([recordings.command(), "report", directory, "-f", "lcov",
                            "-o", work / "python.info"], base_environment())
            ours.append(run + report)
        wall = statistics.median(cost.wall for cost in ours)
        base = statistics.median(cost.wall for cost in plain)
        ratio = min(c.cpu for c in ours) / min(c.cpu for c in plain)
        yield Result(f"300 workers in 3.{minor(python)}, run and report / plain, CPU", "≤ 2.00", ratio,
                     2.0, f"wall {wall:.2f} s against {base:.2f}")


def start(work: Path, pythons: list[str], rounds: int) -> Iterator[Result]:
    for python in pythons:
        command = [python, "-c", "pass"]
        ways = {"plain": (command, base_environment()),
                "salvage": (command, recordings.environment(work / "python"))}
        costs = in_turn(ways, rounds)
        least = {name: min(values) for name, values in costs.items()}
        yield Result(f"`python -c pass` in 3.{minor(python)} / plain, CPU", "≤ 1.30",
                     least["salvage"] / least["plain"], 1.3,
                     f"{least['salvage'] * 1000:.1f} ms against {least['plain'] * 1000:.1f}")
