"""Which images are in the cells of a dataset's grids: of each cell the first ones that were seen, packed for a row."""

import struct
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

# Of one cell; fewer are all there were.
IMAGES_A_CELL = 24

# The cell, and how many ids of 16 bytes follow it.
_HEAD = struct.Struct("<HB")
_ID_BYTES = 16


class FirstImages:
    """The first images of each cell of a grid, as ids in the order they were seen in."""

    __slots__ = ("by_cell", "is_full")

    def __init__(self, cell_count: int) -> None:
        self.by_cell: dict[int, list[str]] = {}
        # Asked for every annotation: a million lists would be too far away in memory.
        self.is_full = bytearray(cell_count)

    def add(self, cell: int, image_id: str) -> None:
        """Note an image in a cell that is not full; the annotations of one image come one after the other."""
        ids = self.by_cell.get(cell)
        if ids is None:
            self.by_cell[cell] = [image_id]
        elif ids[-1] != image_id:
            ids.append(image_id)
            self.is_full[cell] = len(ids) == IMAGES_A_CELL


def merged(parts: Iterable[FirstImages]) -> dict[int, list[str]]:
    """Return the first images of each cell, whichever part they are in; images are seen in the order of their ids."""
    together: defaultdict[int, set[str]] = defaultdict(set)
    for part in parts:
        for cell, ids in part.by_cell.items():
            together[cell].update(ids)
    return {cell: sorted(ids)[:IMAGES_A_CELL] for cell, ids in together.items()}


def pack(cells: Mapping[int, Sequence[str]]) -> bytes:
    """Return the ids as 16 bytes each: 37 letters a piece, sixty classes of a large dataset would be 90 MB."""
    parts: list[bytes] = []
    for cell, ids in cells.items():
        parts += (_HEAD.pack(cell, len(ids)), bytes.fromhex("".join(ids).replace("-", "")))
    return b"".join(parts)


def unpack(packed: bytes, cell: int) -> list[str]:
    """Return the ids of one cell; none where it is empty."""
    position = 0
    while position < len(packed):
        number, count = _HEAD.unpack_from(packed, position)
        position += _HEAD.size
        end = position + count * _ID_BYTES
        if number == cell:
            return [str(uuid.UUID(bytes=packed[at : at + _ID_BYTES])) for at in range(position, end, _ID_BYTES)]
        position = end
    return []
