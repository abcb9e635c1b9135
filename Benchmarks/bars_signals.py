"""What chained signal handlers and the hooks of signals and waits cost, live, private, and where counters
are saved before the program's own handler."""

from pathlib import Path

import harness
import recordings
from bars_paced import QUIET, detail
from harness import Paced, base_environment
from results import Result

CALLS = 200  # in an operation of programs/signals.c
WAYS = {"live": [], "private": ["--private"],
        "save-before": ["--private", "--save-before", "USR1"]}


def measured(work: Path, rounds: int, name: str, ways: list[str]) -> dict[str, Paced]:
    command = [str(work / "signals"), name]
    made = {"bare": Paced("bare", command, {**base_environment(), **QUIET})}
    for way in ways:
        recorded = recordings.environment(work / f"signals-{way}", *WAYS[way])
        made[way] = Paced(way, command, recorded)
    harness.measure(list(made.values()), rounds, 4)
    return made


def handled(work: Path, rounds: int) -> list[Result]:
    """Nanoseconds added to a signal that the program handles."""
    made = measured(work, rounds, "handled", ["live", "private", "save-before"])
    results = []
    for way, limit in (("live", 200), ("private", 200), ("save-before", None)):
        added = (harness.median_us(made[way]) - harness.median_us(made["bare"])) * 1000 / CALLS
        results.append(Result(
            f"a handled signal, {way}: added", "≤ 200 ns" if limit else "", added, limit,
            detail(made[way], made["bare"]) + f" for {CALLS}", unit="ns"))
    return results


def kill_notice(work: Path, rounds: int) -> list[Result]:
    """Microseconds added to the call of kill(2) itself: who has private counters is asked to save them first."""
    made = measured(work, rounds, "kill-call", ["live", "private"])
    results = []
    for way, bar, limit in (("live", "", None), ("private", "≤ 200 ms", 200_000)):
        added = harness.median_us(made[way]) - harness.median_us(made["bare"])
        low, high = harness.spread(made[way], made["bare"])
        most = max(max(times) for times in made[way].rounds) / 1000
        results.append(Result(
            f"kill(SIGKILL) of a waiting child, the call, {way}: added", bar, added, limit,
            f"{harness.median_us(made[way]):.1f} µs against {harness.median_us(made['bare']):.1f}, rounds "
            f"{low:.2f}…{high:.2f}; longest of all {most:.0f} µs, bare "
            f"{max(max(times) for times in made['bare'].rounds) / 1000:.0f}", unit="µs"))
    return results


def ratios(work: Path, rounds: int, name: str, what: str) -> list[Result]:
    made = measured(work, rounds, name, ["live", "private"])
    return [Result(f"{what}, {way} / no preload", "", harness.ratio(made[way], made["bare"]), None,
                   detail(made[way], made["bare"])) for way in ("live", "private")]


def signals(work: Path, rounds: int) -> list[Result]:
    return [*handled(work, rounds),
            *ratios(work, rounds, "sigaction", f"{2 * CALLS} × sigaction"),
            *ratios(work, rounds, "wait", f"{CALLS} × waitpid, nobody there"),
            *ratios(work, rounds, "kill", "fork + SIGKILL + wait"),
            *kill_notice(work, rounds)]
