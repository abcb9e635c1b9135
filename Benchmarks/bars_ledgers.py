"""Bars of large ledgers: memory for each life, of the commands that read one."""

import os
import subprocess
import time
from pathlib import Path

import ledgers
import recordings
from bars_reports import clean
from harness import base_environment
from results import Result

FEW = 1000


def peak(command: list) -> tuple[float, float, int]:
    """CPU and seconds of a command, and its largest resident set in bytes. Reports go nowhere."""
    start = time.monotonic()
    child = subprocess.Popen([str(c) for c in command], env=base_environment(), stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{command[:3]} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss * 1024


def commands(recording: Path, archive: Path, work: Path) -> dict[str, list]:
    salvage = recordings.command()
    return {
        "report": [salvage, "report", recording, "-f", "lcov"],
        "ledger": [salvage, "ledger", recording],
        "ledger --json": [salvage, "ledger", "--json", recording],
        "summary of run": [salvage, "run", "--append", "-o", recording, "--", work / "small"],
        "archive": [salvage, "archive", recording, "-o", archive],
        "merge": [salvage, "merge", recording, "-o", work / "merged"],
        "report of its archive": [salvage, "report", archive, "-f", "lcov"],
        "ledger of its archive": [salvage, "ledger", archive],
    }


def generated(work: Path, count: int) -> list[Result]:
    sizes = {}
    for lives in (FEW, count):
        recording, archive = work / f"lives-{lives}", work / f"lives-{lives}.archive"
        clean(recording)
        subprocess.run([recordings.command(), "run", "-q", "-o", recording, "--", work / "small"],
                       env=base_environment(), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        ledgers.grow(recording, lives)
        sizes[lives] = {name: peak(one) for name, one in commands(recording, archive, work).items()}
        clean(recording)
    results = []
    for name, (cpu, _, most) in sizes[count].items():
        each = (most - sizes[FEW][name][2]) / (count - FEW)
        results.append(Result(f"{name}, {count} lives, bytes of memory a life", "≤ 300", each, 300,
                              f"{most >> 20} MiB, {cpu:.1f} s CPU"))
    return results


def real(work: Path, count: int) -> list[Result]:
    """Processes that a shell starts one after the other."""
    recording = work / "real-lives"
    clean(recording)
    loop = "i=0; while [ $i -lt %d ]; do /bin/true; i=$((i+1)); done"
    salvage = recordings.command()
    few = work / "few-lives"
    for place, number in ((few, FEW), (recording, count)):
        clean(place)
        subprocess.run([salvage, "run", "-q", "-o", place, "--", "sh", "-c", loop % number],
                       env=base_environment(), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    lives = len(subprocess.run([salvage, "ledger", recording], env=base_environment(), stdout=subprocess.PIPE,
                               check=True).stdout.splitlines()) - 3
    cpu, _, most = peak([salvage, "ledger", recording])
    each = (most - peak([salvage, "ledger", few])[2]) / (lives - FEW)
    clean(recording)
    return [Result(f"ledger of {count} real processes, bytes of memory a life", "≤ 300", each, 300,
                   f"{lives} lives, {most >> 20} MiB, {cpu:.2f} s CPU")]


def bars(work: Path, count: int) -> list[Result]:
    return generated(work, count) + real(work, 20_000 if count >= 1_000_000 else 10_000)
