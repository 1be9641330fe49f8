"""`pictograph init`: a page that tells coding agents how a project uses Pictograph."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)

_PAGE = """\
# Working with Pictograph in this project

Pictograph turns a folder of images into a trained vision model: upload, label from class names with SAM 3, review,
train, evaluate, download ONNX.

- `pictograph doctor` says whether a server answers, with which annotator, and what can be trained.
- The key is in `PICTOGRAPH_API_KEY` or `~/.pictograph/config.toml`. Never write it into a file of this project.
- The whole way: `pictograph pipeline run FOLDER --classes stop_sign:bbox,yield:bbox --pipeline yolox`, or
  `pictograph.workflows.full_pipeline` in Python. Running it again continues where it stopped.
- Labelling and training cost credits: look at `pictograph credits balance` and say what a job costs before it starts.
- Ask before anything is deleted. What people have corrected is never overwritten by a job.
- `pictograph agents install-skill` installs a skill with references and scripts.

## About this project

- Datasets:
- Classes, and what counts as one:
- What a good enough model is:
"""


@app.command()
def init(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path("AGENTS.md"),
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace it if it exists.")] = False,
) -> None:
    """Write a page for coding agents into a project."""
    if output.exists() and not force:
        typer.echo(f"{output} exists; --force replaces it", err=True)
        raise typer.Exit(1)
    output.write_text(_PAGE)
    typer.echo(f"Wrote {output}")
