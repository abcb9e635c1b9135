"""Bars of single operations: exec, fork and steady state, measured in turn with their peers."""

import os
import shutil
import statistics
import subprocess
from pathlib import Path

import harness
import recordings
from harness import Paced, base_environment
from results import Result

QUIET = {"LLVM_PROFILE_FILE": "/dev/null"}


def ways(work: Path, command: list[str], empty: bool = True) -> dict[str, Paced]:
    """bare, with an empty preload, and recorded."""
    base = base_environment()
    made = {"bare": Paced("bare", command, {**base, **QUIET})}
    if empty:
        preload = {"LD_PRELOAD": str(work / "empty.so")}
        made["empty"] = Paced("empty preload", command, {**base, **preload, **QUIET})
    recorded = recordings.environment(work / "paced")
    made["salvage"] = Paced("salvage", command, recorded)
    return made


def detail(over: Paced, under: Paced) -> str:
    low, high = harness.spread(over, under)
    return (f"{harness.median_us(over):.0f} µs against {harness.median_us(under):.0f}, "
            f"rounds {low:.2f}…{high:.2f}")


def exec_true(work: Path, rounds: int) -> list[Result]:
    made = ways(work, [str(work / "spawner"), "/bin/true"])
    harness.measure(list(made.values()), rounds, 8)
    mine, empty, bare = made["salvage"], made["empty"], made["bare"]
    return [
        Result("exec of /bin/true / empty preload", "≤ 1.10", harness.ratio(mine, empty), 1.10,
               detail(mine, empty)),
        Result("exec of /bin/true / no preload", "", harness.ratio(mine, bare), None,
               detail(mine, bare)),
    ]


def exec_large(work: Path, rounds: int) -> list[Result]:
    profiles = work / "profiles"
    command = [str(work / "spawner"), str(work / "large")]
    made = ways(work, command)
    written = {**base_environment(), "LLVM_PROFILE_FILE": f"{profiles}/%p.profraw"}
    made["%p"] = Paced("%p", command, written)
    profiles.mkdir(exist_ok=True)
    harness.measure(list(made.values()), rounds, 4)
    shutil.rmtree(profiles)
    mine, peer, empty = made["salvage"], made["%p"], made["empty"]
    return [
        Result("exec of 25,000 functions / LLVM's own %p", "≤ 0.75", harness.ratio(mine, peer),
               0.75, detail(mine, peer)),
        Result("exec of 25,000 functions / empty preload, no profile", "",
               harness.ratio(mine, empty), None, detail(mine, empty)),
    ]


def exec_go(work: Path, rounds: int) -> list[Result]:
    """A program of Go, built as users build one with -cover, against its own runtime's two files a process."""
    go = newest_go()
    if go is None:
        return [Result("Go: skipped, no Go with -cover here (scripts/install-test-tools)", "", 0, None)]
    source, program, data = work / "go", work / "go/program", work / "go/covdata"
    data.mkdir(parents=True)
    (source / "go.mod").write_text("module example.org/bench\n\ngo 1.21\n")
    (source / "main.go").write_text(
        'package main\n\nimport ("os"; "strings")\n\nfunc main() {\n\tif strings.Count(os.Args[0], "x") > 99 {\n'
        "\t\tos.Exit(1)\n\t}\n}\n")
    cache = {"GOCACHE": str(go.parents[2] / "cache"), "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    subprocess.run([go, "build", "-cover", "-buildmode=pie", "-o", program, "."], cwd=source,
                   env={**base_environment(), **cache}, check=True)
    made = ways(work, [str(work / "spawner"), str(program)], empty=False)
    made["plain"] = Paced("GOCOVERDIR", made["bare"].command, {**base_environment(), "GOCOVERDIR": str(data)})
    made["salvage"].quiet = True
    del made["bare"]  # without GOCOVERDIR it warns, and is no peer
    harness.measure(list(made.values()), rounds, 4)
    shutil.rmtree(source)
    mine, peer = made["salvage"], made["plain"]
    return [Result("exec of a Go program / its own -cover start", "≤ 1.15", harness.ratio(mine, peer), 1.15,
                   detail(mine, peer))]


def newest_go() -> Path | None:
    tools = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "salvage-test-tools"
    found = sorted(tools.glob("go-*/go/bin/go"),
                   key=lambda path: [int(n) for n in path.parts[-4].removeprefix("go-").split(".")])
    return found[-1] if found else None


def forks(work: Path, rounds: int, program: str) -> list[Result]:
    """Several processes each: where a process has its pages is worth as much as all that we do."""
    sittings = []
    for _ in range(rounds // 20):
        made = ways(work, [str(work / program), "fork"])
        harness.measure(list(made.values()), 20, 12)
        sittings.append(made)

    def result(peer: str, bar: str, limit: float | None) -> Result:
        ratios = sorted(harness.ratio(made["salvage"], made[peer]) for made in sittings)
        mine, other = (statistics.median(harness.median_us(made[way]) for made in sittings)
                       for way in ("salvage", peer))
        quarter = len(ratios) // 4
        name = "empty preload" if peer == "empty" else "no preload"
        return Result(f"fork+exit+wait, {program} program / {name}", bar, statistics.median(ratios), limit,
                      f"{mine:.0f} µs against {other:.0f}, processes {ratios[quarter]:.2f}…"
                      f"{ratios[-quarter - 1]:.2f}")

    return [result("bare", "≤ 1.15", 1.15), result("empty", "", None)]


def forking_threads(work: Path, rounds: int, threads: int = 150) -> list[Result]:
    """Threads that all fork at the same time: the program prints what that took."""
    recorded = recordings.environment(work / "paced")
    times: dict[str, list[int]] = {"bare": [], "salvage": []}
    for number in range(rounds):
        turn = [("bare", {**base_environment(), **QUIET}), ("salvage", recorded)]
        for way, environment in turn if number % 2 == 0 else reversed(turn):
            done = subprocess.run([str(work / "forkers"), str(threads), "10"], env=environment, text=True,
                                  capture_output=True, check=True)
            times[way].append(int(done.stdout.split()[1]))
    ratios = sorted(a / b for a, b in zip(times["salvage"], times["bare"]))
    mine, bare = (statistics.median(times[way]) / 1e6 for way in ("salvage", "bare"))
    return [Result(f"{threads} threads that fork 10 times each / no preload", "≤ 1.30", statistics.median(ratios), 1.30,
                   f"{mine:.0f} ms against {bare:.0f}, rounds {ratios[0]:.2f}…{ratios[-1]:.2f}")]


def steady(work: Path, rounds: int, program: str = "steady",
           name: str = "steady state / no preload, CPU") -> list[Result]:
    """Several processes each: where the kernel places a process in memory is worth a few percent."""
    sittings = [ways(work, [str(work / program)], empty=False) for _ in range(5)]
    for made in sittings:
        harness.measure(list(made.values()), rounds, 1)
    mine = [min(made["salvage"].minimums()) for made in sittings]
    bare = [min(made["bare"].minimums()) for made in sittings]
    ratios = [a / b for a, b in zip(mine, bare)]
    return [Result(name, "1.00 ± 0.02", statistics.median(ratios), 1.02,
                   "by process " + ", ".join(f"{r:.3f}" for r in ratios), least=0.98)]
