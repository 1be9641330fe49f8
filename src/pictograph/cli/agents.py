"""`pictograph agents`: what language models need to work with Pictograph: tools and a skill."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pictograph.agents import REGISTRY
from pictograph.skills import skill_path

app = typer.Typer(no_args_is_help=True, help="Tools and a skill for language models.")

Target = Literal["claude-code", "claude-ai", "both"]


@app.command("install-skill")
def install_skill(
    target: Annotated[Target, typer.Option(help="A folder for Claude Code, a ZIP for claude.ai, or both.")] = "both",
    output: Annotated[
        Path | None, typer.Option(help="Where it goes; ~/.claude/skills and the current folder by default.")
    ] = None,
    skill: Annotated[str, typer.Option(help="Which one.")] = "pictograph-cv",
) -> None:
    """Install the skill that teaches a coding agent Pictograph."""
    try:
        source = skill_path(skill)
    except FileNotFoundError as error:
        raise typer.BadParameter(str(error), param_hint="--skill") from error
    told: dict[str, object] = {"installed": True, "skill": skill}
    if target in ("claude-code", "both"):
        folder = (output or Path.home() / ".claude" / "skills").expanduser() / skill
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=_ignored)
        told["claude_code_path"] = str(folder)
    if target in ("claude-ai", "both"):
        archive = (output or Path.cwd()).expanduser() / f"{skill}.zip"
        _write_zip(source, archive)
        told["claude_ai_zip"] = str(archive)
    typer.echo(json.dumps(told, indent=2))


@app.command("export-tools")
def export_tools(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; printed when left out.")] = None,
) -> None:
    """Print the tools as JSON: names, descriptions, schemas of arguments. Needs no key."""
    text = json.dumps([tool.to_json() for tool in REGISTRY], indent=2)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(text + "\n")
        typer.echo(json.dumps({"output_path": str(output), "tools": len(REGISTRY)}))


@app.command("list-tools")
def list_tools() -> None:
    """List the tools with the role that each needs."""
    table = Table("Tool", "Role", "Credits", "What for")
    for tool in REGISTRY:
        table.add_row(tool.name, tool.required_role, str(tool.credit_cost), escape(tool.description.partition(". ")[0]))
    Console().print(table)


_ignored = shutil.ignore_patterns("__pycache__", "*.pyc")


def _write_zip(source: Path, archive: Path) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(source.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                file.write(path, Path(source.name) / path.relative_to(source))
