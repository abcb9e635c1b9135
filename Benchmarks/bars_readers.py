"""Bars of our own readers: reports of large and of many programs against the compilers' tools."""

import shutil
import subprocess
from pathlib import Path

import programs
import reader_programs
import recordings
from bars_ledgers import peak
from bars_reports import clean, timed
from harness import base_environment
from results import Result

MIB = 1 << 20


def quiet(command: list) -> None:
    timed(command, base_environment(), stderr=subprocess.DEVNULL)


def recorded(program: Path, *arguments: str) -> Path:
    recording = program.with_name(f"recording{''.join(arguments)}")
    clean(recording)
    quiet([recordings.command(), "run", "-q", "-o", recording, "--", program, *arguments])
    return recording


def profiled(program: Path) -> Path:
    """Its own raw profiles, one for each object."""
    place = program.with_name("profiles")
    clean(place)
    place.mkdir()
    timed([program], {**base_environment(), "LLVM_PROFILE_FILE": f"{place}/%m.profraw"})
    return place


def merge_and_export(program: Path, profiles: Path, form: str, objects: list[Path]) -> list[list]:
    merged = profiles / "all.profdata"
    more = [word for one in objects for word in ("-object", one)]
    return [
        [programs.tool("llvm-profdata"), "merge", "-o", merged, *profiles.glob("*.profraw")],
        [programs.tool("llvm-cov"), "export", f"-format={form}", f"-instr-profile={merged}", program, *more],
    ]


def against_llvm(
    program: Path, what: str, rounds: int, bar: float, form: str = "lcov", theirs: str = "lcov",
    objects: list[Path] = []
) -> tuple[Result, int, int]:
    """CPU, and the most memory of ours and of llvm-cov's."""
    recording, profiles = recorded(program), profiled(program)
    ours, peers = [], []
    for _ in range(rounds):
        ours.append(peak([recordings.command(), "report", recording, "--all", "-f", form]))
        peers.append([peak(command) for command in merge_and_export(program, profiles, theirs, objects)])
    mine = min(cpu for cpu, _, _ in ours)
    peer = min(sum(cpu for cpu, _, _ in steps) for steps in peers)
    memory = min(most for _, _, most in ours)
    their_memory = min(max(most for _, _, most in steps) for steps in peers)
    result = Result(
        f"{form} of {what} / llvm-profdata + llvm-cov, CPU", f"≤ {bar:.2f}", mine / peer, bar,
        f"{mine:.2f} s against {peer:.2f} s; {memory // MIB} MiB against {their_memory // MIB}")
    return result, memory, their_memory


def small_enough(what: str, memory: int) -> Result:
    return Result(f"memory of llvm-json of {what}", "≤ 300 MB", memory / 1e6, 300, unit="MB")


def units(work: Path, rounds: int) -> list[Result]:
    program = reader_programs.by_clang(work, "units")
    what = "C of 2,000 files, 1.38 million lines"
    lines, _, _ = against_llvm(program, what, rounds, 0.35)
    regions, memory, theirs = against_llvm(program, what, max(1, rounds // 3), 0.3, "llvm-json", "text")
    return [lines, regions, small_enough(what, memory), Result(
        f"memory of llvm-json of {what} / llvm-cov", "≤ 0.25", memory / theirs, 0.25)]


def classes(work: Path, rounds: int) -> list[Result]:
    program = reader_programs.by_clang(work, "classes")
    return [against_llvm(program, "C++ of 38,000 functions", rounds, 0.4)[0]]


def amalgamation(work: Path, rounds: int) -> list[Result]:
    program = reader_programs.by_clang(work, "amalgamation")
    what = "one C file of 58,000 lines with macros"
    lines, _, _ = against_llvm(program, what, rounds, 0.45)
    _, _, memory = peak([recordings.command(), "report", recorded(program), "--all", "-f", "llvm-json"])
    return [lines, small_enough(what, memory)]


def sqlite(work: Path, rounds: int) -> list[Result]:
    try:
        program = reader_programs.sqlite(work)
    except (reader_programs.packages.Unavailable, subprocess.CalledProcessError, OSError) as error:
        return [Result(f"SQLite: skipped: {error}", "", 0, None)]
    return [against_llvm(program, "SQLite at -O0", rounds, 0.45)[0]]


def libraries(work: Path, rounds: int) -> list[Result]:
    program = reader_programs.libraries(work)
    objects = sorted(program.parent.glob("*.so"))
    return [against_llvm(program, f"a program and {len(objects)} libraries", rounds, 1.0, objects=objects)[0]]


def gcov(work: Path, rounds: int) -> list[Result]:
    """Lines, functions and branches of ours; of gcov all units at once, its files written."""
    if not shutil.which("gcov"):
        return [Result("gcc units: skipped, no gcov here", "", 0, None)]
    program = reader_programs.units_by_gcc(work)
    recording = recorded(program)
    quiet([program])
    data = sorted(program.parent.glob("*.gcda"))
    names = program.with_name("data")
    names.write_text("\n".join(map(str, data)))
    place = program.with_name("gcov")
    clean(place)
    place.mkdir()
    ours, peers = [], []
    for _ in range(rounds):
        ours.append(peak([recordings.command(), "report", recording, "--all", "-f", "lcov"]))
        peers.append(peak(["sh", "-c", f"cd {place} && exec gcov --json-format -b -c @{names}"]))
    mine, peer = min(one[0] for one in ours), min(one[0] for one in peers)
    return [Result(
        f"lcov of {len(data):,} units of gcc / one gcov over all, CPU", "≤ 0.20", mine / peer, 0.2,
        f"{mine:.2f} s against {peer:.2f} s; {min(one[2] for one in ours) // MIB} MiB against "
        f"{min(one[2] for one in peers) // MIB}")]


def forks(work: Path, rounds: int) -> list[Result]:
    """The large program's functions, entered by one process, or by it and children that it forks in the midst of them."""
    with_forks, without = recorded(work / "large", "children"), recorded(work / "large", "0")
    few, many = [], []
    for _ in range(rounds):
        many.append(peak([recordings.command(), "report", with_forks, "-f", "lcov"])[0])
        few.append(peak([recordings.command(), "report", without, "-f", "lcov"])[0])
    return [Result("report of a program with forks / of one without, CPU", "≤ 1.20", min(many) / min(few), 1.2,
                   f"{min(many):.3f} s against {min(few):.3f} s")]
