"""The markers of a JPEG file (ITU-T T.81, annex B): a cheap look for data that was overwritten."""

import re

# In coded data FF is followed by 00 (a literal FF) or D0–D7 (a restart); anything else begins a segment.
# (Several FF before a marker are allowed; the loop below skips them, so that this one begins with a plain byte and is
# found by memchr, thirty times as fast.)
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7])")
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
# Frames, tables, restart interval, application data, comments, scans: everything that has a length.
_SEGMENTS = frozenset({*range(0xC0, 0xD0), *range(0xDA, 0xFF)} - {0xC8})


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
        if marker[1][0] == 0xFF:
            position = marker.start() + 1
            continue
        position = _after_segments(data, marker.start())
        if position is None:
            return marker.start()
        if position == _ENDED:
            return None
    return None


_ENDED = -1


def _first_scan(data: bytes) -> int | None:
    """Return where the coded data of the first scan begins; None when the segments before it are unusual."""
    position = _after_segments(data, 2)
    return None if position == _ENDED else position


def _after_segments(data: bytes, position: int) -> int | None:
    """Return where coded data begins again behind the segments at `position`; `_ENDED` where the image ends.

    None when something stands there that is no segment.
    """
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == _END_OF_IMAGE:
            return _ENDED
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        if marker not in _SEGMENTS or length < 2:
            return None
        position += 2 + length
        if marker == _START_OF_SCAN:
            # One to four components, two bytes each, and six around them.
            return position if length in (8, 10, 12, 14) else None
    return None
