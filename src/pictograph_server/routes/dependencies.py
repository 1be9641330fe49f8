"""What routes ask for beside the actor (auth.py)."""

from typing import Annotated, cast

from fastapi import Depends, Request

from pictograph_server.platform import Platform


def _platform(request: Request) -> Platform:
    return cast("Platform", request.app.state.platform)


PlatformDep = Annotated[Platform, Depends(_platform)]
