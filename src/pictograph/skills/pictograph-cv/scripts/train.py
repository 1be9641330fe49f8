"""Train a model on the complete images of a dataset. Prints the run and the model as JSON."""

import argparse
import json
from typing import get_args

from common import fail, finish

from pictograph import Client, PictographError
from pictograph.models.training import PipelineType
from pictograph.workflows import train_pipeline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", help="name of the dataset")
    parser.add_argument("--pipeline", choices=get_args(PipelineType), required=True)
    parser.add_argument("--config", type=json.loads, default={}, help='settings as JSON, such as {"epochs": 20}')
    parser.add_argument("--output", help="where the ONNX file goes")
    args = parser.parse_args()
    try:
        with Client() as client:
            run, model = train_pipeline(client, args.dataset, pipeline=args.pipeline, config=args.config)
            path = client.models.download(model.id, args.output) if model and args.output else None
    except (PictographError, OSError, ValueError) as error:
        fail(error)
    else:
        finish({"training_run": run, "model": model, "output_path": path}, success=model is not None)


if __name__ == "__main__":
    main()
