"""How a failure is told: on stderr, what and why first, what to do last; the exit code says whose it is."""

from typing import Any

import typer
from typer.core import TyperGroup

from pictograph.cli.advice import in_commands
from pictograph.exceptions import ApiError, AuthError, ConfigurationError, PictographError, ValidationError

# A header is no advice to somebody who types commands.
_ANOTHER_KEY = "Give a key of this server: `pictograph login`, PICTOGRAPH_API_KEY or --api-key."
FAILED = 1
WRONG_USAGE = 2


class FailureTellingGroup(TyperGroup):
    """Turns the SDK's exceptions of every command below it into a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (PictographError, OSError, ValueError) as failure:
            tell(failure)
            raise typer.Exit(exit_code(failure)) from failure


def exit_code(failure: Exception) -> int:
    """Return 2 for what the caller got wrong (no key, no such folder, a malformed value) and 1 for the rest."""
    if isinstance(failure, ValidationError):
        # 400 is a well-formed request that cannot be done; 422 is a malformed one. Refused before sending is 422 too.
        return FAILED if failure.status_code == 400 else WRONG_USAGE
    return WRONG_USAGE if isinstance(failure, (ConfigurationError, FileNotFoundError, ValueError)) else FAILED


def tell(failure: Exception) -> None:
    """Write the failure to stderr; its last line is what to do about it."""
    lines = [f"Error: {_what(failure)}"]
    if isinstance(failure, ValidationError):
        # Where one field is all that is wrong, the message has said so.
        told = (_field_error(entry) for entry in failure.field_errors if str(entry.get("msg")) not in failure.message)
        lines += [f"  {words}" for words in told]
    if isinstance(failure, PictographError):
        if failure.docs_url:
            lines.append(f"Docs: {failure.docs_url}")
        if fix := _ANOTHER_KEY if isinstance(failure, AuthError) else failure.fix:
            lines.append(f"Fix: {in_commands(fix)}")
    typer.echo("\n".join(lines), err=True)


def _what(failure: Exception) -> str:
    if isinstance(failure, ApiError):
        facts = [
            f"{name}={value}"
            for name, value in (("status", failure.status_code), ("request", failure.request_id))
            if value is not None
        ]
        return f"{failure.message} ({', '.join(facts)})" if facts else failure.message
    # Loaded by whoever raised it, if anybody did; here it would cost every command a tenth of a second.
    import pydantic

    if isinstance(failure, pydantic.ValidationError):
        first = failure.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return failure.message if isinstance(failure, PictographError) else str(failure)


def _field_error(entry: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in entry.get("loc", ()) if part != "body")
    return f"{place}: {entry.get('msg', 'is not valid')}" if place else str(entry.get("msg", "is not valid"))
