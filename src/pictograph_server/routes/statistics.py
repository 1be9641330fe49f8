"""Statistics of a dataset, for charts: measured on request, and kept."""

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from pictograph.models.common import WireModel
from pictograph.models.statistics import DatasetStatistics
from pictograph_server.auth import Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API, json_response
from pictograph_server.services.statistics import service as statistics
from pictograph_server.services.statistics.service import StatisticsRecord

router = APIRouter(prefix=f"{API}/datasets/by-name/{{name}}/statistics", tags=["statistics"])


class StatisticsEnvelope(WireModel):
    dataset_statistics: DatasetStatistics


@router.get("", response_model=StatisticsEnvelope)
def get_statistics(name: str, actor: Viewer, platform: PlatformDep) -> Response:
    """What was measured last; nothing is measured here."""
    with platform.db.read() as conn:
        return _answer(statistics.get(conn, actor.organization_id, name))


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
