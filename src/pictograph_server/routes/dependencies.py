"""What routes ask for beside the actor (auth.py)."""

from typing import Annotated, cast

from fastapi import Depends, Query, Request

from pictograph_server.platform import Platform


def _platform(request: Request) -> Platform:
    return cast("Platform", request.app.state.platform)


PlatformDep = Annotated[Platform, Depends(_platform)]

# How many to pass over. No list is as long as the limit, which a database's integer can hold.
Offset = Annotated[int, Query(ge=0, le=1_000_000_000_000)]
