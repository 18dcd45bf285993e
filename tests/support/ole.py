"""A writer of compound files (MS-CFB, version 3): storages and streams in one file, as Outlook and old Office write."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Union

Tree = Mapping[str, Union[bytes, "Tree"]]

SECTOR, MINI, CUTOFF = 512, 64, 4096
FREE, END, IS_FAT, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
STORAGE, STREAM, ROOT, BLACK = 1, 2, 5, 1
MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass
class _Entry:
    name: str
    kind: int
    data: bytes = b""
    left: int = NONE
    right: int = NONE
    child: int = NONE
    start: int = END

    def packed(self, size: int) -> bytes:
        name = self.name.encode("utf-16-le")
        head = struct.pack("<64sHBB", name, len(name) + 2, self.kind, BLACK)
        return head + struct.pack("<III36xIII", self.left, self.right, self.child, self.start, size, 0)


def compound(tree: Tree) -> bytes:
    """The file that holds these storages (mappings) and streams (bytes)."""
    entries = [_Entry("Root Entry", ROOT)]
    entries[0].child = _add(entries, tree)
    mini, mini_table = _mini_streams(entries)
    chains = [b"", struct.pack(f"<{len(mini_table)}I", *mini_table), mini]
    large = [entry for entry in entries if entry.kind == STREAM and len(entry.data) >= CUTOFF]
    chains += [entry.data for entry in large]
    chains[0] = bytes(128 * len(entries))
    starts, table, fat_sectors = _placed(chains)
    entries[0].start, entries[0].data = starts[2], mini
    for entry, start in zip(large, starts[3:], strict=True):
        entry.start = start
    chains[0] = b"".join(entry.packed(len(entry.data)) for entry in entries)
    head = _header(starts, len(mini_table), fat_sectors)
    return (
        head + struct.pack(f"<{len(table)}I", *table) + b"".join(_padded(chain, SECTOR) for chain in chains)
    )


def _add(entries: list[_Entry], tree: Tree) -> int:
    """Add what is in a storage; the number of the entry in its middle."""
    numbers = []
    for name in sorted(tree, key=lambda name: (len(name), name.upper())):
        inner = tree[name]
        entry = _Entry(name, STREAM, inner) if isinstance(inner, bytes) else _Entry(name, STORAGE)
        entries.append(entry)
        numbers.append(len(entries) - 1)
        if not isinstance(inner, bytes):
            entry.child = _add(entries, inner)
    return _balanced(entries, numbers)


def _balanced(entries: list[_Entry], numbers: Sequence[int]) -> int:
    if not numbers:
        return NONE
    middle = len(numbers) // 2
    entry = entries[numbers[middle]]
    entry.left = _balanced(entries, numbers[:middle])
    entry.right = _balanced(entries, numbers[middle + 1 :])
    return numbers[middle]


def _mini_streams(entries: list[_Entry]) -> tuple[bytes, list[int]]:
    data, table = b"", []
    for entry in entries:
        if entry.kind == STREAM and 0 < len(entry.data) < CUTOFF:
            entry.start = len(table)
            count = -(-len(entry.data) // MINI)
            table += [*range(len(table) + 1, len(table) + count), END]
            data += _padded(entry.data, MINI)
    return data, table


def _placed(chains: Sequence[bytes]) -> tuple[list[int], list[int], int]:
    """Where each chain begins, the table of all sectors, and how many sectors the table itself takes."""
    counts = [-(-len(chain) // SECTOR) for chain in chains]
    fat_sectors = 1
    while fat_sectors * (SECTOR // 4) < sum(counts) + fat_sectors:
        fat_sectors += 1
    table = [IS_FAT] * fat_sectors
    starts = []
    for count in counts:
        starts.append(len(table) if count else END)
        table += [*range(len(table) + 1, len(table) + count), END] if count else []
    table += [FREE] * (fat_sectors * (SECTOR // 4) - len(table))
    return starts, table, fat_sectors


def _header(starts: Sequence[int], mini_entries: int, fat_sectors: int) -> bytes:
    assert fat_sectors <= 109
    mini_sectors = -(-mini_entries * 4 // SECTOR)
    head = MAGIC + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, fat_sectors, starts[0], 0, CUTOFF, starts[1], mini_sectors, END, 0)
    places = [*range(fat_sectors), *[FREE] * (109 - fat_sectors)]
    return head + struct.pack("<109I", *places)


def _padded(data: bytes, size: int) -> bytes:
    return data + bytes(-len(data) % size)
