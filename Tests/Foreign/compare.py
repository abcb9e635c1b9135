"""Runs a suite in each way and compares each case with the bare run; what is not steady is run again."""

import difflib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import comb
from pathlib import Path

from ways import BARE, WAYS, Place, Unavailable

NOTHING = "not run"


@dataclass
class Figures:
    """What a suite showed, per way."""

    cases: int = 0
    differences: dict[str, list[str]] = field(default_factory=dict)
    unsteady: int = 0
    seconds: float = 0


class Suite:
    """Foreign material, split in cases of which each gives a text that is to be the same."""

    name = ""
    counted = True  # the library with counters goes into every process; or the programs have their own
    jobs = 3
    shows_environment: tuple[str, ...] = ()  # ends of cases that print it: they run where ours is hidden

    def prepare(self, directory: Path, short: bool) -> None:
        """Raises Unavailable where the material is missing."""

    def cases(self) -> list[str]:
        raise NotImplementedError

    def case(self, place: Place, name: str) -> str:
        raise NotImplementedError

    def is_broken(self, text: str) -> bool:
        """Whether a result says that the case itself did not work: without the library it has to."""
        return False

    def lives(self, place: Place) -> str:
        return place.lives()

    def run(self, place: Place, names: list[str]) -> dict[str, str]:
        with ThreadPoolExecutor(self.jobs) as pool:
            return dict(zip(names, pool.map(lambda name: self.case(place, name), names)))


# How seldom chance alone may call an unsteady case a difference: while it is being asked for, and at the end.
EARLY, AT_LAST = 0.001, 0.01


def chance(strange: int, with_it: int, without: int) -> float:
    """How likely `strange` results, never seen in `without` runs, all fall in the `with_it` others by chance alone:
    Fisher's exact test, one-sided."""
    return comb(with_it, strange) / comb(with_it + without, strange)


def strange_results(without: list[str], with_it: list[str]) -> int:
    """How often a result came that never came without the library."""
    if len(set(without)) > 1 and len({value.split("\n")[0] for value in without}) == 1:
        # Never the same text, but always the same end: that is compared.
        without = [value.split("\n")[0] for value in without]
        with_it = [value.split("\n")[0] for value in with_it]
    return sum(value not in without for value in with_it)


def settle(suite: Suite, bare: Place, with_us: Place, first: dict[str, str], seen: dict[str, str],
           names: list[str], rounds: int) -> tuple[dict[str, str], dict[str, str]]:
    """Which of these cases differ by us: a result came with the library, never without it, and so often that
    chance does not explain it. The others are unsteady by themselves, in as many runs of both."""
    without = {name: [first.get(name, NOTHING)] for name in names}
    with_it = {name: [seen.get(name, NOTHING)] for name in names}

    def by_chance(name: str) -> float:
        strange = strange_results(without[name], with_it[name])
        return chance(strange, len(with_it[name]), len(without[name]))

    open_cases = list(names)
    for number in range(4 * rounds):
        again = suite.run(bare, open_cases)
        other = suite.run(with_us, open_cases)
        for name in open_cases:
            without[name].append(again.get(name, NOTHING))
            with_it[name].append(other.get(name, NOTHING))
        # Whatever came with us has come without: nothing to look for any more. Or it is certain.
        open_cases = [name for name in open_cases
                      if strange_results(without[name], with_it[name]) and by_chance(name) >= EARLY]
        if not open_cases:
            break
    differ = {name: describe(without[name], with_it[name]) for name in names if by_chance(name) < AT_LAST}
    unsteady = {name: describe(without[name], with_it[name]) for name in names if name not in differ}
    return differ, unsteady


def describe(without: list[str], with_it: list[str]) -> str:
    """The usual result of both, as a difference."""
    usual = max(set(without), key=without.count)
    strange = [value for value in with_it + without if value != usual]
    other = max(set(strange), key=with_it.count)
    titles = [f"{without.count(value)} of {len(without)} bare, {with_it.count(value)} with the library"
              for value in (usual, other)]
    return "\n".join("    " + line for line in difflib.unified_diff(
        usual.splitlines(), other.splitlines(), *titles, lineterm="", n=1))


def compare(suite: Suite, salvage: Path, directory: Path, counted: Path, *, short: bool, rounds: int,
            ways: list[str], only: str, verbose: bool) -> Figures | None:
    """Prints a line per way, and each difference; None where the suite can't run here."""
    figures = Figures()
    begun = time.monotonic()
    try:
        suite.prepare(directory / "material", short)
    except Unavailable as problem:
        print(f"skip  {suite.name}: needs {problem}", flush=True)
        return None
    library = counted if suite.counted else None
    names = [name for name in suite.cases() if only in name]
    bare = Place(salvage, BARE, directory / "bare", library)
    first = suite.run(bare, names)
    figures.cases = len(first)
    print(f"      {suite.name}: {len(first)} cases bare, {time.monotonic() - begun:.0f} s", flush=True)
    broken = [name for name in first if suite.is_broken(first[name])]
    for _ in range(rounds):
        if not broken:
            break
        first |= suite.run(bare, broken)
        broken = [name for name in broken if suite.is_broken(first[name])]
    for name in broken:
        print(f"FAIL  {suite.name}: {name} does not work bare:\n{first[name]}", flush=True)
    if broken:
        figures.differences[BARE.name] = broken
        names = [name for name in names if name not in broken]
        first = {name: text for name, text in first.items() if name not in broken}
    for way in WAYS:
        if ways and way.name not in ways:
            continue
        start = time.monotonic()
        place = Place(salvage, way, directory / way.name, library)
        seen = suite.run(place, names)
        left_out = () if "--hide-environment" in way.options else suite.shows_environment
        other = sorted(name for name in first.keys() | seen.keys()
                       if first.get(name) != seen.get(name) and not name.endswith(left_out))
        differ, unsteady = settle(suite, bare, place, first, seen, other, rounds) if other else ({}, {})
        figures.unsteady += len(unsteady)
        figures.differences[way.name] = sorted(differ)
        verdict = "FAIL" if differ else "ok  "
        print(f"{verdict}  {suite.name}, {way.name}: {len(seen)} cases, {len(differ)} differences, "
              f"{len(unsteady)} unsteady; {suite.lives(place)}; {time.monotonic() - start:.0f} s", flush=True)
        for name, text in differ.items():
            print(f"  {name}\n{text}", flush=True)
        for name, text in unsteady.items():
            print(f"  unsteady: {name}" + (f"\n{text}" if verbose else ""), flush=True)
    figures.seconds = time.monotonic() - begun
    return figures
