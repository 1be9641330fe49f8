"""The markers of a JPEG file (ITU-T T.81, annex B): a cheap look for data that was overwritten."""

import re

# In coded data FF is followed by 00 (a literal FF) or D0–D7 (a restart); anything else begins a segment.
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
# What may stand between the scans of a file: tables, restart interval, application data, comments, another scan.
_SEGMENTS = frozenset({0xC4, 0xCC, 0xDA, 0xDB, 0xDC, 0xDD, 0xDF, 0xFE, *range(0xE0, 0xF0)})


def damaged_scan_at(data: bytes) -> int | None:
    """Return the position of a marker that no encoder writes inside a scan, or None.

    The decoder only warns when data was overwritten, and paints on; Pillow does not pass the warning on. What this
    cannot see: damage that happens to be valid code, such as a few flipped bits.
    """
    position = _first_scan(data)
    while position is not None:
        marker = _MARKER.search(data, position)
        if marker is None or marker[1][0] == _END_OF_IMAGE:
            return None
        if marker[1][0] not in _SEGMENTS:
            return marker.start()
        position = marker.end() + _length_at(data, marker.end())
    return None


def _first_scan(data: bytes) -> int | None:
    """Return where the coded data of the first scan begins; None when the segments before it are unusual."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        position += 2 + _length_at(data, position + 2)
        if marker == _START_OF_SCAN:
            return position
    return None


def _length_at(data: bytes, position: int) -> int:
    return max(2, int.from_bytes(data[position : position + 2], "big"))
