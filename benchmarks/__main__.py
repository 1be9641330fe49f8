"""Run every benchmark: `python -m benchmarks`, or some by name: `python -m benchmarks upload`."""

import sys

from benchmarks import (
    annotate,
    bulk,
    compare,
    listing,
    polygons,
    review,
    start,
    upload,
    versions,
    web_canvas,
    web_gallery,
    web_pages,
)

BENCHMARKS = {
    "start": start.main,
    "upload": upload.main,
    "annotate": annotate.main,
    "polygons": polygons.main,
    "compare": compare.main,
    "listing": listing.main,
    "review": review.main,
    "bulk": bulk.main,
    "versions": versions.main,
    "web_canvas": web_canvas.main,
    "web_gallery": web_gallery.main,
    "web_pages": web_pages.main,
}


def main() -> None:
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"No benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    for name in names:
        BENCHMARKS[name]()


if __name__ == "__main__":
    main()
