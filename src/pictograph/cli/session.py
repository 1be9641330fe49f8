"""What every command that asks the server shares: `--api-key`, `--base-url`, `--json`, and how results are shown."""

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import Annotated, Concatenate, ParamSpec, TypeVar

import typer
from pydantic_core import to_json, to_jsonable_python
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pictograph import Client
from pictograph.exceptions import PictographError

P = ParamSpec("P")
# Makes the client from `--api-key` and `--base-url`; the context's `obj` may bring another one, e.g. over a mock.
Connect = Callable[[str | None, str | None], Client]
RecordT = TypeVar("RecordT")
# Columns of a terminal that nothing is cut for.
_ENDLESS = 100_000

ApiKey = Annotated[
    str | None,
    typer.Option(
        "--api-key", help="API key; else PICTOGRAPH_API_KEY, else ~/.pictograph/config.toml.", rich_help_panel="Server"
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        help="Address of the server; else PICTOGRAPH_BASE_URL, else the config file, else http://127.0.0.1:8000.",
        rich_help_panel="Server",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")]


class Session:
    """A client, and the way the caller wants to see results."""

    def __init__(self, connect: Callable[[], Client], *, as_json: bool) -> None:
        self._connect = connect
        self.as_json = as_json

    @cached_property
    def client(self) -> Client:
        """The client, made when it is first needed: a command that only reads files needs no key."""
        return self._connect()

    def table(self, records: Sequence[RecordT], columns: Mapping[str, Callable[[RecordT], object]]) -> None:
        """Print one row a record, or the records themselves as a JSON list."""
        if self.as_json:
            _print_json(records)
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in columns:
            # An id is there to be copied into the next command: the others give way.
            table.add_column(name, no_wrap=name == "Id")
        for record in records:
            table.add_row(*(_cell(value(record)) for value in columns.values()))
        console = Console()
        if not console.is_terminal:
            # A pipe has no width to fit into, and what reads it wants every cell whole.
            console.width = _ENDLESS
        console.print(table)
        if not records:
            self.note("There are none.")

    def record(self, value: object) -> None:
        """Print one thing: two columns for a person at a terminal, JSON for `--json` and for pipes."""
        if self.as_json or not sys.stdout.isatty():
            _print_json(value)
            return
        table = Table(box=None, show_header=False, pad_edge=False)
        fields: Mapping[str, object] | object = to_jsonable_python(value)
        if not isinstance(fields, Mapping):
            _print_json(value)
            return
        for name, field in fields.items():
            table.add_row(f"[dim]{name}[/dim]", _cell(field))
        Console().print(table)

    def report(self, report: object, *, success: bool) -> None:
        """Print what a workflow did, in words, or as JSON with its verdict first."""
        if self.as_json:
            _print_json({"success": success, **to_jsonable_python(report)})
        else:
            typer.echo(str(report))

    def failed_after(self, failure: PictographError) -> None:
        """Print what was done before the failure, where the error carries a report of it (R4)."""
        if failure.report is not None:
            self.report(failure.report, success=False)

    def json(self, value: object) -> None:
        """Print what is only useful to programs: annotations, raw records."""
        _print_json(value)

    def line(self, text: str, value: object) -> None:
        """Print a sentence for a person, or what it says as JSON."""
        if self.as_json:
            _print_json(value)
        else:
            typer.echo(text)

    def note(self, text: str) -> None:
        """Tell a person something that is not the result; silent under `--json`."""
        if not self.as_json:
            typer.echo(text, err=True)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be taken back. `--json` and pipes cannot answer, so they need `--yes`."""
        if yes:
            return
        if self.as_json or not sys.stdin.isatty():
            raise typer.BadParameter(f"{question} Nobody is there to confirm it: add --yes.")
        typer.confirm(question, abort=True, err=True)


def api_command(
    app: typer.Typer, name: str
) -> Callable[[Callable[Concatenate[Session, P], None]], Callable[Concatenate[Session, P], None]]:
    """Register a function of a `Session` as a command, with the shared options added to its own."""

    def register(function: Callable[Concatenate[Session, P], None]) -> Callable[Concatenate[Session, P], None]:
        shared = [
            inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
            inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson),
            inspect.Parameter("api_key", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=ApiKey),
            inspect.Parameter("base_url", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=BaseUrl),
        ]
        own = list(inspect.signature(function).parameters.values())[1:]

        # typer reads the signature and passes every parameter by name.
        def command(
            *, context: typer.Context, as_json: bool, api_key: str | None, base_url: str | None, **options: object
        ) -> None:
            connect: Connect = context.obj or _connect
            with ExitStack() as opened:
                session = Session(lambda: opened.enter_context(connect(api_key, base_url)), as_json=as_json)
                function(session, **options)  # pyright: ignore[reportCallIssue]

        command.__doc__ = function.__doc__
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in own + shared}
        command.__signature__ = inspect.Signature(own + shared)  # pyright: ignore[reportFunctionMemberAccess]
        app.command(name)(command)
        return function

    return register


def _connect(api_key: str | None, base_url: str | None) -> Client:
    return Client(api_key, base_url=base_url)


def _print_json(value: object) -> None:
    typer.echo(to_json(value, indent=2).decode())


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return escape(value)
    return escape(to_json(value).decode()) if isinstance(value, (dict, list, tuple)) else str(value)
