"""The stages of a run as its row keeps them: state, when it began, when it ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pictograph.models.pipeline import PipelineSettings, PipelineStage, StageState
from pictograph_server.services.pipelines.repository import PipelineRecord

Stages = Mapping[str, Any]
ORDER: tuple[PipelineStage, ...] = ("upload", "annotate", "review", "train")


def planned(settings: PipelineSettings) -> Stages:
    """Return the stages of a new run: what was not asked for is skipped from the start."""
    wanted = {
        "upload": True,
        "annotate": settings.annotate,
        "review": settings.annotate and settings.review and settings.train,
        "train": settings.train,
    }
    return {stage: {"state": "waiting" if wanted[stage] else "skipped"} for stage in ORDER}


def settings_of(record: PipelineRecord) -> PipelineSettings:
    return PipelineSettings.model_validate(record.request)


def begun(stages: Stages, stage: PipelineStage, moment: datetime, *, state: StageState = "running") -> Stages:
    """Return the stages with one begun; the moment it first began stays."""
    before = stages.get(stage, {})
    return {
        **stages,
        stage: {
            **before,
            "state": state,
            "started_at": before.get("started_at") or moment.isoformat(),
            "finished_at": None,
        },
    }


def ended(stages: Stages, stage: PipelineStage, state: StageState, moment: datetime) -> Stages:
    """Return the stages with one ended; `skipped` for one that had nothing to do."""
    return {**stages, stage: {**stages.get(stage, {}), "state": state, "finished_at": moment.isoformat()}}
