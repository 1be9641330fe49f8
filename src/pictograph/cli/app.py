"""The root of the command line: what there is, `--version`, and how a failure is told."""

from importlib import import_module
from typing import Any

import typer
from typer.main import get_command, get_group

import pictograph
from pictograph.cli import doctor, login, operator, up
from pictograph.cli.failures import FailureTellingGroup

# Each is the `app` of a module here. They load the client, the models and rich, half a second of work that `up` and
# `--version` have no use for; so a group is imported when it is asked for.
GROUPS = (
    "pipeline",
    "pipelines",
    "datasets",
    "classes",
    "images",
    "batch",
    "annotations",
    "search",
    "auto-annotate",
    "exports",
    "versions",
    "formats",
    "train",
    "models",
    "metrics",
    "credits",
    "organizations",
    "api-keys",
    "engines",
    "agents",
    "video",
    "connectors",
    "review",
    "jobs",
)
# Commands of the root, imported in the same way.
COMMANDS = ("predict", "init")


def load_group(name: str) -> typer.Typer:
    """Import the commands of a group, or the one that is a command of the root."""
    return import_module(f"pictograph.cli.{name.replace('-', '_')}").app


class _Root(FailureTellingGroup):
    """The commands registered below, and the groups, each loaded with its first use."""

    def list_commands(self, ctx: Any) -> list[str]:
        late = (*COMMANDS, *GROUPS)
        return [*(name for name in super().list_commands(ctx) if name not in late), *late]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            # A misspelt name is compared with all there are.
            late = (*COMMANDS, *GROUPS)
            for name in (cmd_name,) if cmd_name in late else late:
                command = get_group(load_group(name)) if name in GROUPS else get_command(load_group(name))
                command.name = name
                self.add_command(command)
        return super().get_command(ctx, cmd_name)


app = typer.Typer(
    cls=_Root,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="A folder of images in, a trained vision model out.",
    epilog="Exit codes: 0 done, 1 it failed, 2 wrong usage or no key. Every command that asks the server takes --json.",
)

app.command("up")(up.up)
app.command("serve")(up.serve)
app.command("worker")(up.worker)
app.command("login")(login.login)
app.command("login-link")(operator.login_link)
app.command("doctor")(doctor.doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pictograph {pictograph.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", "-V", callback=_print_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """A folder of images in, a trained vision model out."""
