"""A folder of photographs of road signs becomes a labelled dataset and a trained detector, in one call.

pictograph up                        # in another terminal
python examples/road_signs.py        # or: python examples/road_signs.py path/to/folder
"""
# `report.model` is there when `report.success` is true, which a type checker cannot know.
# pyright: reportOptionalMemberAccess=false

import sys

from pictograph import Client
from pictograph.workflows import full_pipeline

folder = sys.argv[1] if len(sys.argv) > 1 else "./road_signs"

client = Client()
report = full_pipeline(
    client,
    dataset_name="road-signs",
    folder=folder,
    classes=[("stop_sign", "bbox"), ("yield", "bbox")],
    pipeline="yolox",
)
if report.success:
    print("Model:", report.model.id)
else:
    print("Stopped at:", report.credit_skip_reason or "see sub-reports")
