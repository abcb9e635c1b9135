"""Makes recordings and reads what they hold, by docs/RecordingFormat.md: a second reader beside the product's."""

import json
import os
import re
import shutil
import struct
from pathlib import Path

HEADER = Path(__file__).resolve().parents[2] / "CShim/ABI/include/salvage_abi.h"
VERSION = int(re.search(r"SLV_ABI_VERSION (\d+)", HEADER.read_text())[1])
SETTINGS = 0x5454455354564C53
COUNTERS = 0x544E5543564C53A5
PRIVATE, PER_PROCESS = 1, 2
FRESH, EMPTY = 1 << 31, 1 << 30
CELLS = 69632


def make(path: Path, library: Path, flags: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    head = struct.pack("<QIIIIQQ32s", SETTINGS, VERSION, 72 + 2048 + 64, flags, 0, 0, 0, b"test")
    text = os.fsencode(path).ljust(1024, b"\0") + os.fsencode(library).ljust(1024, b"\0")
    (path / "settings").write_bytes(head + text + bytes(64))


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
        slots_offset, slot_size, _, slots = struct.unpack_from("<IIII", data, 24)
        address, size, kind, _ = struct.unpack_from("<QIHH", data, 40)
        low, = struct.unpack_from("<Q", data, 72)
        fold, = struct.unpack_from("<Q", data, 136)
        attach = struct.unpack_from(f"<{slots}I", data, 256)
        assert kind == 1, f"{path}: region of kind {kind}"
        total = [0] * (size // 8)

        def add(slot: int) -> None:
            at = slots_offset + slot * slot_size + address - low
            values = struct.unpack_from(f"<{size // 8}Q", data, at)
            for index, value in enumerate(values):
                if value:
                    total[index] += value

        for slot in range(2, slots):
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
