"""Statistics of a dataset, for charts: measured on request, and kept."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from starlette.responses import Response

from pictograph.models.common import WireModel
from pictograph.models.statistics import CellImage, CellImages, DatasetStatistics, Grid
from pictograph_server.auth import Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API, json_response
from pictograph_server.services.statistics import service as statistics
from pictograph_server.services.statistics.service import StatisticsRecord

router = APIRouter(prefix=f"{API}/datasets/by-name/{{name}}/statistics", tags=["statistics"])


class StatisticsEnvelope(WireModel):
    dataset_statistics: DatasetStatistics


class CellEnvelope(WireModel):
    cell: CellImages


@router.get("", response_model=StatisticsEnvelope)
def get_statistics(name: str, actor: Viewer, platform: PlatformDep) -> Response:
    """What was measured last; nothing is measured here."""
    with platform.db.read() as conn:
        return _answer(statistics.get(conn, actor.organization_id, name))


@router.get("/cells")
def get_cell(
    name: str,
    actor: Viewer,
    platform: PlatformDep,
    grid: Grid,
    cell: Annotated[int, Query(ge=0, le=65_535)],
    class_name: Annotated[str | None, Query(min_length=1, max_length=1000)] = None,
) -> CellEnvelope:
    """Images with an annotation in a cell of a grid, the first two dozen; of one class, or of all together."""
    with platform.db.read() as conn:
        found = statistics.cell(conn, actor.organization_id, name, grid, cell, class_name)
    images = [
        CellImage(
            id=image.id,
            filename=image.filename,
            virtual_folder_path=image.folder_path,
            width=image.width,
            height=image.height,
        )
        for image in found.images
    ]
    return CellEnvelope(cell=CellImages(images=images, is_whole=found.is_whole))


@router.post("/refresh", response_model=StatisticsEnvelope)
def refresh_statistics(name: str, actor: Viewer, platform: PlatformDep) -> Response:
    """Measure the dataset again: done when this answers where it has some hundred images, else by a job."""
    with platform.db.write() as conn:
        return _answer(statistics.refresh(conn, actor.organization_id, name))


def _answer(record: StatisticsRecord) -> Response:
    found = {name: getattr(record, name) for name in StatisticsRecord.__slots__ if name != "statistics"} | {
        "statistics": None if record.statistics is None else orjson.Fragment(record.statistics)
    }
    return json_response({"dataset_statistics": found})
