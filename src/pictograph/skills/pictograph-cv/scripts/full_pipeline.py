"""Upload a folder, label it and train on it. Prints the report as JSON."""

import argparse
import json
from typing import get_args

from common import classes, fail, finish

from pictograph import Client, PictographError
from pictograph.models.training import PipelineType
from pictograph.workflows import full_pipeline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", help="name of the dataset, made if there is none")
    parser.add_argument("folder", help="folder of images")
    parser.add_argument("--classes", type=classes, required=True, help="name:output_type,name:output_type")
    parser.add_argument("--pipeline", choices=get_args(PipelineType), required=True)
    parser.add_argument("--config", type=json.loads, default={}, help='settings as JSON, such as {"epochs": 20}')
    parser.add_argument("--review", action="store_true", help="stop after labelling until people have looked")
    args = parser.parse_args()
    try:
        with Client() as client:
            report = full_pipeline(
                client,
                dataset_name=args.dataset,
                folder=args.folder,
                classes=args.classes,
                pipeline=args.pipeline,
                train_config=args.config,
                review=args.review,
            )
    except (PictographError, OSError, ValueError) as error:
        fail(error)
    else:
        finish(report, success=report.success)


if __name__ == "__main__":
    main()
