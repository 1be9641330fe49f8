"""Nobody hands out, changes or takes away a role above their own."""

from pictograph_server.actor import Actor, Role
from pictograph_server.errors import Forbidden


class RoleAboveOwn(Forbidden):
    code = "role_above_own"

    def __init__(self, actor: Actor, role: Role, what: str) -> None:
        super().__init__(
            f"{what} needs the role {role!r}",
            why=f"yours is {actor.role!r}, and nobody decides on roles above their own",
            fix=f"Ask somebody with the role {role!r}.",
        )


def require_rank(actor: Actor, role: Role, what: str) -> None:
    """Raise RoleAboveOwn when `role` is above the actor's; `what` begins the sentence, «Making an owner»."""
    if not actor.has_role(role):
        raise RoleAboveOwn(actor, role, what)
