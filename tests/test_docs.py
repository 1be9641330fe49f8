"""What can be set, typed, trained or refused is documented; what is documented exists."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text
from typer.main import get_command

import pictograph_server
from pictograph.cli.advice import COMMANDS as COMMANDS_FOR_CALLS
from pictograph.cli.app import COMMANDS, GROUPS, app, load_group
from pictograph.exceptions import DOCS_BASE, PictographError
from pictograph_server.engines.trainers.registry import trainer_specs
from pictograph_server.errors import ServiceError
from pictograph_server.settings import environment_names

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def test_settings__each_is_in_the_configuration_page() -> None:
    text = (DOCS / "configuration.md").read_text()
    assert [name for name in environment_names() if f"`{name}`" not in text] == []


def test_commands__each_is_in_the_reference_of_the_command_line() -> None:
    text = (DOCS / "reference" / "cli.md").read_text()
    assert [name for name in sorted(_commands()) if f"`pictograph {name}" not in text] == []


def test_help__words_in_brackets_are_shown() -> None:
    """Square brackets are markup to the terminal's help, which leaves out what it takes for a style."""
    root = get_command(app)
    context = root.make_context("pictograph", [], resilient_parsing=True)
    helps = {
        f"{name} {parameter.name}": str(getattr(parameter, "help", None) or "")
        for name, command in _resolved(root, context)
        for parameter in command.params
    }
    assert len(helps) > 300
    assert [place for place, text in helps.items() if Text.from_markup(text).plain != text] == []


def _resolved(group: Any, context: Any) -> Iterator[tuple[str, Any]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "list_commands"):
            yield from ((f"{name} {below}", each) for below, each in _resolved(command, context))
        else:
            yield name, command


def test_trainers__each_has_a_page() -> None:
    pages = {page.stem for page in (DOCS / "engines").glob("*.md")}
    # Pipelines of one library share its page: rfdetr_detection and rfdetr_segmentation.
    assert [name for name in trainer_specs() if not any(name.startswith(page) for page in pages)] == []


def test_error_codes__each_is_in_the_reference() -> None:
    assert sorted(_error_codes() - set(_documented_codes())) == []


def test_error_codes__none_is_in_the_reference_alone() -> None:
    in_source = "\n".join(file.read_text() for file in (ROOT / "src" / "pictograph_server").rglob("*.py"))
    assert [code for code in _documented_codes() if f'"{code}"' not in in_source] == []


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")) + sorted(ROOT.glob("*.md")), ids=lambda page: page.name)
def test_links__lead_to_files_that_exist(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_exceptions__each_points_to_a_page_that_exists() -> None:
    endings = {str(error.default_docs_url).removeprefix(DOCS_BASE) for error in _exceptions(PictographError)} - {"None"}
    # The address is a folder's, in which the forge shows the README.
    assert sorted(ending for ending in endings if not (DOCS / ending.strip("/") / "README.md").is_file()) == []
    assert "/authentication" in endings


def test_advice__in_a_terminal_names_commands_that_exist() -> None:
    commands = set(_commands())
    assert [words for words in COMMANDS_FOR_CALLS.values() if " ".join(words.split()[:2]) not in commands] == []


def test_advice__of_the_server_has_a_command_for_every_list() -> None:
    """What a refusal says to look at can be looked at from a terminal too."""
    source = "\n".join(file.read_text() for file in (ROOT / "src").rglob("*.py"))
    named = set(re.findall(r"`client\.(\w+\.list\w*)\(", source))
    assert len(named) > 5
    assert sorted(named - set(COMMANDS_FOR_CALLS)) == []


def _exceptions(error: type[PictographError]) -> Iterator[type[PictographError]]:
    yield error
    for child in error.__subclasses__():
        yield from _exceptions(child)


def _commands() -> Iterator[str]:
    for command in app.registered_commands:
        yield command.name or ""
    yield from COMMANDS
    for group in GROUPS:
        for command in load_group(group).registered_commands:
            yield f"{group} {command.name}"


def _error_codes() -> set[str]:
    for module in pkgutil.walk_packages(pictograph_server.__path__, "pictograph_server."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    return {error.code for error in _below(ServiceError)}


def _below(error: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for child in error.__subclasses__():
        # Tests may define errors of their own.
        if child.__module__.startswith("pictograph_server."):
            yield child
        yield from _below(child)


def test_fixes__of_the_web_app() -> None:
    """A refusal whose advice names a call of the client has other words for people, and no words are left over."""
    for_people = re.findall(r"^  (\w+): ", (ROOT / "web" / "src" / "api" / "fixes.ts").read_text(), re.MULTILINE)
    for_programs: set[str] = set()
    for path in (ROOT / "src" / "pictograph_server").rglob("*.py"):
        for error in path.read_text().split("\nclass ")[1:]:
            code = re.search(r'^    code = "(\w+)"$', error, re.MULTILINE)
            body = error.split("\n\n\n")[0]
            if code is not None and re.search(r"\bfix=.*(`client\.|\bdocs/)", body, re.DOTALL):
                for_programs.add(code.group(1))
    assert sorted(for_programs ^ set(for_people)) == []


def _documented_codes() -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", (DOCS / "reference" / "errors.md").read_text(), re.MULTILINE)
