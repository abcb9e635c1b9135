"""Runs paced programs in turn, so that every way of recording meets the same minutes of a machine that
others use too, and compares them by ratios of round minimums."""

import os
import statistics
import subprocess
from dataclasses import dataclass, field


@dataclass
class Paced:
    """One program waiting for numbers on stdin (programs/pace.h)."""

    name: str
    command: list[str]
    environment: dict[str, str]
    # What it says is not shown: Go warns at each start where no folder is given.
    quiet: bool = False
    rounds: list[list[int]] = field(default_factory=list)

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if self.quiet else None)

    def run(self, count: int) -> list[int]:
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        times = [int(t) for t in self.process.stdout.readline().split()]
        if len(times) != count:
            raise RuntimeError(f"{self.name}: {self.command} stopped")
        return times

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()

    def minimums(self) -> list[float]:
        """The least time of each round, in microseconds."""
        return [min(r) / 1000 for r in self.rounds]


def base_environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C"}


def measure(ways: list[Paced], rounds: int, count: int) -> None:
    """`rounds` times, all ways in turn, `count` operations each; the order turns round by round."""
    for way in ways:
        way.start()
    for way in ways:
        way.run(count)  # caches, index, first slot
    for number in range(rounds):
        turn = number % len(ways)
        for way in ways[turn:] + ways[:turn]:
            way.rounds.append(way.run(count))
    for way in ways:
        way.stop()


def ratio(a: Paced, b: Paced) -> float:
    """a / b, by the medians of their round minimums."""
    return statistics.median(a.minimums()) / statistics.median(b.minimums())


def spread(a: Paced, b: Paced) -> tuple[float, float]:
    """The quartiles of a / b round by round."""
    values = sorted(x / y for x, y in zip(a.minimums(), b.minimums()))
    return values[len(values) // 4], values[3 * len(values) // 4]


def median_us(way: Paced) -> float:
    return statistics.median(way.minimums())
