"""Ledgers of many lives, written behind those of a real recording as the library would have written them:
ledgers.py RECORDING COUNT."""

import struct
import sys
from pathlib import Path

# struct slv_ledger_header up to `allocated`, struct slv_cell, struct slv_program_cell (salvage_abi.h)
HEADER = struct.Struct("<QIIIIQQQQ")
CELL = struct.Struct("<QQIHHiiiIQQQIiIiIIQIIIIQQ")
PROGRAM = struct.Struct("<QQIHH104s")
ENTERED_ENDED, REAP, PROGRAM_CELL = 4, 6, 9
SPAWN, LIVE, EXIT = 3, 1, 2


def grow(recording: Path, count: int) -> None:
    """Adds `count` lives: compilers that the last process of the recording started, each with a command line of its
    own, of which every hundredth was killed. A pid comes again after 30,000 others."""
    path, = recording.glob("u*/ledger")
    with open(path, "r+b") as ledger:
        head = ledger.read(HEADER.size)
        magic, version, header, size, entries, index, offset, first, allocated = HEADER.unpack(head)
        if size != CELL.size or size != PROGRAM.size:
            raise RuntimeError(f"a cell has {size} bytes: this generator does not know it")
        ledger.seek(offset)
        cells = [CELL.unpack(ledger.read(size)) for _ in range(first)]
        parent = [cell for cell in cells if 2 <= cell[2] <= 4][-1]
        ledger.seek(offset + first * size)
        portion = bytearray()
        for number in range(count):
            portion += cells_of(parent, first + 3 * number, number)
            if len(portion) > 1 << 20:
                ledger.write(portion)
                portion = bytearray()
        ledger.write(portion)
        allocated = max(allocated, ledger.tell())
        ledger.seek(0)
        following = first + 3 * count
        ledger.write(HEADER.pack(magic, version, header, size, entries, index, offset, following, allocated))


def cells_of(parent: tuple, cell: int, number: int) -> bytes:
    life = (0x5a17 + number) << 32 | cell
    pid, namespace, born = 1000 + number % 30_000, parent[9], parent[10] + 1000 * (number + 1)
    is_killed = number % 100 == 99
    text = f"/usr/bin/cc\0cc\0-O2\0-c\0-o\0build/{number:07}.o\0src/{number:07}.c\0".encode()
    return (
        CELL.pack(life, parent[0], ENTERED_ENDED, SPAWN, 0, pid, pid, parent[5], parent[8], namespace, born,
                  0 if is_killed else born + 500, 0 if is_killed else EXIT, 0, LIVE, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)
        + PROGRAM.pack(0, life, PROGRAM_CELL, 6, len(text), text)
        + CELL.pack(0, parent[0], REAP, 0, 0, pid, 0, 0, 0, namespace, born + 600, 0, 0,
                    9 if is_killed else 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))


if __name__ == "__main__":
    grow(Path(sys.argv[1]), int(sys.argv[2]))
