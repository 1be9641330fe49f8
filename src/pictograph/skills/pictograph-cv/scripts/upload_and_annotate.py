"""Upload a folder and label it from class names. Prints both reports as JSON."""

import argparse

from common import classes, fail, finish

from pictograph import Client, PictographError
from pictograph.workflows import auto_annotate_dataset, upload_dataset_from_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", help="name of the dataset, made if there is none")
    parser.add_argument("folder", help="folder of images")
    parser.add_argument("--classes", type=classes, required=True, help="name:output_type,name:output_type")
    parser.add_argument("--threshold", type=float, default=0.5, help="what is surer than this is kept")
    args = parser.parse_args()
    try:
        with Client() as client:
            upload = upload_dataset_from_folder(client, args.dataset, args.folder)
            annotate = auto_annotate_dataset(client, args.dataset, args.classes, confidence_threshold=args.threshold)
    except (PictographError, OSError, ValueError) as error:
        fail(error)
    else:
        finish({"upload": upload, "annotate": annotate}, success=not upload.failures and not annotate.failures)


if __name__ == "__main__":
    main()
