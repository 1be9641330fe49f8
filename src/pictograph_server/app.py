"""The web application: routers, and around them what every request goes through."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from pictograph_server.platform import Platform
from pictograph_server.routes import credits

ROUTERS = (credits.router,)


def create_app(
    platform: Platform,
    *,
    prompts: object | None = None,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
) -> FastAPI:
    app = FastAPI(title="Pictograph", lifespan=lifespan, redirect_slashes=False)
    app.state.platform = platform
    app.state.prompts = prompts
    for router in ROUTERS:
        app.include_router(router)
    return app
