#!/usr/bin/env python3
"""Salvage against its peers, each bar a ratio in one run. See docs/Benchmarks.md."""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import bars_gcov
import bars_ledgers
import bars_paced
import bars_pages
import bars_python
import bars_readers
import bars_reports
import bars_shards
import bars_signals
import programs
import recordings
from results import HEADER


def first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "?"


def machine(work: Path) -> str:
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    place = first_line("stat", "-f", "-c", "%T", str(work))
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    return (f"{os.cpu_count()} × {model}, Linux {platform.release()}, "
            f"{first_line('ldd', '--version')}; {first_line(programs.compiler(), '--version')}; "
            f"recordings on {place}; load {load}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, help="for programs and recordings (default: new)")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no 5,000 processes")
    parser.add_argument("--only", action="append", help="a bar's name; may be repeated")
    parser.add_argument("--python", action="append", default=[],
                        help="an interpreter for the bars of Python, best one of a virtual environment "
                        "with coverage and slipcover; may be repeated (default: python3)")
    options = parser.parse_args()
    pythons = options.python or [shutil.which("python3") or sys.executable]
    work = (options.directory or Path(tempfile.mkdtemp(prefix="salvage-bench-"))).resolve()
    if options.directory is None:
        work.chmod(0o711)  # else root's recordings go where other users can reach them
    programs.build(work)
    few = options.quick
    bars = {
        "true": lambda: bars_paced.exec_true(work, 40 if few else 300),
        "large": lambda: bars_paced.exec_large(work, 20 if few else 60),
        "go": lambda: bars_paced.exec_go(work, 20 if few else 60),
        "steady": lambda: bars_paced.steady(work, 4 if few else 12),
        "fork-small": lambda: bars_paced.forks(work, 120 if few else 480, "small"),
        "fork-large": lambda: bars_paced.forks(work, 120 if few else 480, "large"),
        "fork-threads": lambda: bars_paced.forking_threads(work, 3 if few else 11),
        "signals": lambda: bars_signals.signals(work, 30 if few else 150),
        "many": lambda: bars_reports.processes(work, [100, 1000] if few else [100, 1000, 5000]),
        "report": lambda: bars_reports.one_report(work, 3 if few else 9),
        "units": lambda: bars_readers.units(work, 3 if few else 9),
        "classes": lambda: bars_readers.classes(work, 3 if few else 9),
        "amalgamation": lambda: bars_readers.amalgamation(work, 3 if few else 9),
        "sqlite": lambda: bars_readers.sqlite(work, 3 if few else 9),
        "libraries": lambda: bars_readers.libraries(work, 3 if few else 9),
        "units-gcov": lambda: bars_readers.gcov(work, 2 if few else 5),
        "report-forks": lambda: bars_readers.forks(work, 3 if few else 15),
        "shards": lambda: bars_shards.merging(work, 100 if few else 1000),
        "ledgers": lambda: bars_ledgers.bars(work, 100_000 if few else 1_000_000),
        "pages": lambda: bars_pages.pages(work, 400 if few else 2000, 550),
        "gcov": lambda: bars_gcov.processes(work, 500, 1 if few else 3),
        "gcov-clang": lambda: bars_gcov.processes_of_clang(work, 500, 1 if few else 3),
        "gcov-steady": lambda: bars_gcov.steady(work, 4 if few else 12),
        "memory": lambda: bars_reports.memory(work),
        "python-cpu": lambda: bars_python.cpu_bound(work, pythons, 3 if few else 12),
        "python-steady": lambda: bars_python.steady(work, pythons),
        "python-workers": lambda: bars_python.workers(work, pythons, 2 if few else 5),
        "python-start": lambda: bars_python.start(work, pythons, 15 if few else 40),
    }
    unknown = set(options.only or []) - set(bars)
    if unknown:
        parser.error(f"no such bar: {', '.join(unknown)}; there are {', '.join(bars)}")
    print(f"{recordings.command()}; {machine(work)}\n\n{HEADER}", flush=True)
    missed = 0
    for name, bar in bars.items():
        if options.only and name not in options.only:
            continue
        for result in bar():
            missed += result.passed is False
            print(result.row(), flush=True)
    if options.directory is None:
        shutil.rmtree(work)
    print(f"\n{missed} bars missed" if missed else "\nall bars met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
