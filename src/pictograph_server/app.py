"""The web application: the routers, and around them what every request goes through."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

import pictograph
from pictograph_server.errors import ServiceError
from pictograph_server.health import Health
from pictograph_server.jobs import queue
from pictograph_server.metrics import Metrics
from pictograph_server.middleware.authentication import Authentication
from pictograph_server.middleware.bodies import Bodies
from pictograph_server.middleware.envelope import Envelope
from pictograph_server.middleware.idempotency import Idempotency
from pictograph_server.middleware.responses import (
    on_data_error,
    on_http_exception,
    on_invalid_request,
    on_service_error,
)
from pictograph_server.platform import Platform
from pictograph_server.routes import (
    account,
    annotation_history,
    annotations,
    annotators,
    api_keys,
    api_reference,
    audit,
    auto_annotate,
    batch,
    classes,
    comparisons,
    connectors,
    credits,
    datasets,
    evaluations,
    exports,
    files,
    health,
    image_tags,
    images,
    imports,
    jobs,
    listing,
    models,
    organizations,
    pipelines,
    predictions,
    projects,
    proposals,
    review,
    search,
    session,
    sign_in_pages,
    statistics,
    tools,
    training,
    uploads,
    versions,
    video,
)
from pictograph_server.routes.refusals import REFUSALS
from pictograph_server.routes.web_app import FOLDER, WebApp, WebFiles

ROUTERS = (
    health.router,
    files.router,
    uploads.router,
    projects.router,
    datasets.router,
    comparisons.router,
    images.router,
    image_tags.router,
    listing.router,
    statistics.router,
    search.router,
    imports.router,
    batch.router,
    annotations.router,
    annotation_history.router,
    annotators.router,
    auto_annotate.router,
    proposals.router,
    exports.router,
    versions.router,
    classes.router,
    training.router,
    pipelines.router,
    models.router,
    predictions.router,
    evaluations.router,
    review.router,
    jobs.router,
    credits.router,
    video.router,
    video.uploads_router,
    connectors.router,
    organizations.router,
    api_keys.router,
    audit.router,
    session.router,
    account.router,
    account.members_router,
    sign_in_pages.router,
    tools.router,
    api_reference.router,
)

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    platform: Platform,
    *,
    prompts: object | None = None,
    lifespan: Lifespan | None = None,
    is_dispatching: Callable[[], bool] | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
    web_folder: Path = FOLDER,
) -> FastAPI:
    """Build the app around an open platform.

    `prompts` answers synchronous prompts (the warm model process); `is_dispatching` tells whether the dispatcher of
    this process beats, when it has one; `is_stopping` that event streams should end, so that the process can;
    `web_folder` is where the built web app lies.
    """
    # No redirects: the clients follow none (contract §15, trap 5). `_EitherSlash` accepts both forms instead.
    app = FastAPI(
        title="Pictograph",
        version=pictograph.__version__,
        lifespan=lifespan,
        redirect_slashes=False,
        # Its own page of the API would load scripts from elsewhere (R15).
        docs_url=None,
        redoc_url=None,
        responses=REFUSALS,
    )
    app.state.platform = platform
    app.state.prompts = prompts
    app.state.is_stopping = is_stopping
    app.state.web_folder = web_folder
    app.state.health = Health(platform, is_dispatching)
    app.state.metrics = Metrics(lambda: _count_jobs(platform))
    for router in ROUTERS:
        app.include_router(router)
    app.router.default = _EitherSlash(app, web_folder)
    app.add_exception_handler(ServiceError, on_service_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(DataError, on_data_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    # The last one added is the outermost.
    app.add_middleware(Idempotency, db=platform.db)
    app.add_middleware(Bodies, limit_bytes=platform.settings.limits.json_bytes)
    app.add_middleware(
        Authentication,
        db=platform.db,
        public_url=platform.settings.public_url,
        requests_per_hour=platform.settings.limits.requests_per_hour,
    )
    app.add_middleware(WebFiles, folder=web_folder)
    app.add_middleware(
        Envelope,
        metrics=app.state.metrics,
        has_public_url=platform.settings.public_url is not None,
        log_requests=platform.settings.access_log,
    )
    return app


class _EitherSlash:
    """Where no route matches, tries once more with the slash at the end added or taken away; then it is a page."""

    def __init__(self, app: FastAPI, web_folder: Path) -> None:
        self._router = app.router
        self._pages = WebApp(app.router.not_found, web_folder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if scope["type"] != "http" or path == "/" or "asked_path" in scope:
            scope["path"] = scope.get("asked_path", path)
            await self._pages(scope, receive, send)
            return
        scope["asked_path"] = path
        scope["path"] = path[:-1] if path.endswith("/") else path + "/"
        await self._router(scope, receive, send)


def _count_jobs(platform: Platform) -> Mapping[tuple[str, str], int]:
    with platform.db.read() as conn:
        return {(lane, str(state)): count for (lane, state), count in queue.count_by_state(conn).items()}
