"""Bars of merging: archives of one program by us, its profiles by llvm-profdata."""

import os
import subprocess
from pathlib import Path

import programs
import recordings
from bars_reports import clean
from harness import base_environment
from results import Result


def cost(command: list) -> tuple[float, int]:
    """CPU seconds of a command, and its largest resident set in KiB."""
    child = subprocess.Popen([str(c) for c in command], env=base_environment(),
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{command[:3]} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def shards(work: Path, count: int) -> tuple[list[Path], list[Path]]:
    """Archives and raw profiles of as many runs, each elsewhere in the program's functions."""
    ours, theirs, recording = work / "shards", work / "shards-llvm", work / "shard"
    clean(ours), clean(theirs)
    ours.mkdir(), theirs.mkdir()
    quiet = {"env": base_environment(), "stderr": subprocess.DEVNULL, "check": True}
    for number in range(count):
        clean(recording)
        program = [work / "large", str(1 + 7 * number)]
        subprocess.run([recordings.command(), "run", "-q", "-o", recording, "--", *program], **quiet)
        subprocess.run([recordings.command(), "archive", recording, "-o", ours / f"{number}"], **quiet)
        subprocess.run(program, **{**quiet, "env": {
            **base_environment(), "LLVM_PROFILE_FILE": f"{theirs}/{number}.profraw"}})
    clean(recording)
    return sorted(ours.iterdir()), sorted(theirs.iterdir())


def merging(work: Path, count: int) -> list[Result]:
    ours, theirs = shards(work, count)
    a, b = [], []
    for _ in range(3):
        a.append(cost([recordings.command(), "merge", *ours, "-o", work / "sum"]))
        b.append(cost([programs.tool("llvm-profdata"), "merge", *theirs, "-o", work / "sum.profdata"]))
    few = min(cost([recordings.command(), "merge", *ours[:10], "-o", work / "sum"])[1] for _ in range(3))
    mine, peer = min(cpu for cpu, _ in a), min(cpu for cpu, _ in b)
    memory = min(size for _, size in a)
    size = sum(path.stat().st_size for path in ours) / count
    peers = sum(path.stat().st_size for path in theirs) / count
    return [
        Result(f"{count} archives merged / llvm-profdata merge of {count} profiles, CPU", "≤ 0.10", mine / peer,
               0.1, f"{mine:.2f} s against {peer:.2f} s; {size / 1024:.0f} KiB an archive, "
               f"{peers / 1024:.0f} KiB a raw profile"),
        Result(f"{count} archives merged / 10 archives, memory", "≤ 1.10", memory / few, 1.1,
               f"{memory} KiB against {few} KiB"),
    ]
