"""Makes recordings and reads what they hold, by docs/RecordingFormat.md: a second reader beside the product's."""

import json
import os
import shutil
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Shared"))

import contract  # noqa: E402
from contract import number, offset  # noqa: E402

COUNTERS = number("SLV_COUNTERS_MAGIC")
PRIVATE, PER_PROCESS = number("SLV_SETTING_PRIVATE"), number("SLV_SETTING_PER_PROCESS")
FRESH, EMPTY = number("SLV_ATTACH_FRESH"), number("SLV_ATTACH_EMPTY")
CELLS = number("SLV_CELLS_OFFSET")


def make(path: Path, library: Path, flags: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    (path / "settings").write_bytes(contract.settings(path, library, flags))


LIFE = 0x77FFFFFFFF  # announced outside a ledger


def environment(path: Path) -> str:
    return f"{path};life={LIFE:016x};ctx={0:08x}"


def note_run(path: Path, program: str, pid: int) -> None:
    """What `salvage run` leaves of the command that it started."""
    note = {"version": 1, "life": f"{LIFE:016x}", "arguments": [program], "directory": "/", "pid": pid,
            "pidNamespace": 0, "startedAtBoot": 1, "started": 1, "salvageVersion": "test", "program": program}
    (path / "runs").mkdir(exist_ok=True)
    (path / "runs" / f"{LIFE:016x}.json").write_text(json.dumps(note))


class Counters:
    """The sums of one counter file."""

    def __init__(self, path: Path):
        data = path.read_bytes()
        self.words: list[int] = []
        self.lives = 0
        if len(data) < 4096 or struct.unpack_from("<Q", data)[0] != COUNTERS:
            return  # nobody came further than making it
        def place(field: str) -> int:
            return offset("slv_counters_header", field)

        slots_offset, slot_size, _, slots = struct.unpack_from("<IIII", data, place("slots_offset"))
        address, size, kind, _ = struct.unpack_from("<QIHH", data, place("region"))
        low, = struct.unpack_from("<Q", data, place("run"))
        fold, = struct.unpack_from("<Q", data, place("fold"))
        attach = struct.unpack_from(f"<{slots}I", data, number("SLV_ATTACH_OFFSET"))
        assert kind == number("SLV_REGION_ADD64"), f"{path}: region of kind {kind}"
        total = [0] * (size // 8)

        def add(slot: int) -> None:
            at = slots_offset + slot * slot_size + address - low
            values = struct.unpack_from(f"<{size // 8}Q", data, at)
            for index, value in enumerate(values):
                if value:
                    total[index] += value

        for slot in range(number("SLV_SLOT_FIRST"), slots):
            if attach[slot] == 0:
                continue
            self.lives += attach[slot] & (EMPTY - 1)
            folded = fold >> 63 and (fold >> 1 & 0x7FFF) == slot + 1 and fold >> 16 & 0xFFFFFFFF == attach[slot]
            if not attach[slot] & EMPTY and not folded:
                add(slot)
        if fold >> 63:
            add(fold & 1)
        self.words = total


def counters(recording: Path) -> list[Counters]:
    return [Counters(path) for path in sorted(recording.glob("u*/*.cnt"))]


def allocated_slots(recording: Path) -> int:
    return sum(path.stat().st_size for path in recording.glob("u*/*.cnt"))
