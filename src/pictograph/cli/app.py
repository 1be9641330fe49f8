"""The root of the command line: what there is, `--version`, and how a failure is told."""

import typer

import pictograph
from pictograph.cli import (
    annotations,
    auto_annotate,
    credits,
    datasets,
    exports,
    images,
    login,
    models,
    pipeline,
    train,
    up,
)
from pictograph.cli.failures import FailureTellingGroup

app = typer.Typer(
    cls=FailureTellingGroup,
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
app.add_typer(pipeline.app, name="pipeline")
app.add_typer(datasets.app, name="datasets")
app.add_typer(images.app, name="images")
app.add_typer(annotations.app, name="annotations")
app.add_typer(auto_annotate.app, name="auto-annotate")
app.add_typer(exports.app, name="exports")
app.add_typer(train.app, name="train")
app.add_typer(models.app, name="models")
app.add_typer(credits.app, name="credits")


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
