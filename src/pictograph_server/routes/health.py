"""For whoever watches the server: alive, ready, and figures. No API key."""

from typing import cast

import orjson
from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from pictograph_server.health import Health
from pictograph_server.metrics import CONTENT_TYPE, Metrics

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def get_alive() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz")
def get_ready(request: Request) -> Response:
    problems = cast("Health", request.app.state.health).problems()
    body = {"status": "not ready", "problems": problems} if problems else {"status": "ready"}
    return Response(orjson.dumps(body), 503 if problems else 200, media_type="application/json")


@router.get("/metrics", response_class=PlainTextResponse)
def get_metrics(request: Request) -> Response:
    return Response(cast("Metrics", request.app.state.metrics).render(), media_type=CONTENT_TYPE)
