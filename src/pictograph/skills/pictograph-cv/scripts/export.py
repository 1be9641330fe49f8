"""Write a dataset to a ZIP and download it. Prints the export as JSON."""

import argparse
from typing import get_args

from common import fail, finish

from pictograph import Client, PictographError
from pictograph.models.export import ExportFormat


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", help="name of the dataset")
    parser.add_argument("name", help="name of the export")
    parser.add_argument("output", help="where the ZIP goes")
    parser.add_argument("--format", choices=get_args(ExportFormat), default="coco")
    parser.add_argument("--status", default="complete", help="only images with this status; all for every image")
    parser.add_argument("--no-images", action="store_true", help="labels only")
    args = parser.parse_args()
    try:
        with Client() as client:
            export = client.exports.create(
                args.dataset,
                args.name,
                format=args.format,
                include_images=not args.no_images,
                status_filter=args.status,
            )
            path = client.exports.download(args.dataset, args.name, args.output)
    except (PictographError, OSError, ValueError) as error:
        fail(error)
    else:
        finish({"export": export, "output_path": path}, success=True)


if __name__ == "__main__":
    main()
