"""A checkup for people: a mark, a name and a few words a line; what to do stands under what does not work."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pictograph.cli.doctor import Checkup

_GOOD, _BAD, _NOTE = "[green]✓[/green]", "[red]✗[/red]", "[yellow]•[/yellow]"


def print_checkup(checkup: Checkup, console: Console | None = None) -> None:
    """Print the checkup, the most important thing first."""
    out = console or Console(highlight=False)
    _annotators(out, checkup)
    _machine(out, checkup)
    _trainers(out, checkup)
    _packages(out, checkup)
    _server(out, checkup)
    for problem in checkup.problems:
        out.print(f"{_BAD} {escape(problem)}")
    if not checkup.can_label:
        out.print("\n[bold]Nothing can label on this machine.[/bold]")


def _annotators(out: Console, checkup: Checkup) -> None:
    out.print("[bold]Annotators[/bold]")
    for each in checkup.annotators:
        if each.is_available:
            state = "ready" if each.is_here else f"its first use fetches {gigabytes(each.download_bytes)}"
            _line(out, _GOOD if each.is_here else _NOTE, each.name, f"{each.summary} ({state})")
        else:
            _line(out, _BAD, each.name, each.why_not or "", fix=each.fix)
    if checkup.auto is not None:
        _line(out, " ", "auto", f"is {checkup.auto}")
    if checkup.configured is not None:
        _line(out, " ", "the server", f"started here, labels with {checkup.configured}")


def _machine(out: Console, checkup: Checkup) -> None:
    out.print("[bold]Machine[/bold]")
    machine = checkup.machine
    if machine is not None:
        memory = f", {gigabytes(machine.memory_bytes)} of memory" if machine.memory_bytes else ""
        tiles = ", AMX" if machine.has_amx else ""
        out.print(f"  {_GOOD} {escape(machine.cpu)}, {machine.cores} cores{memory}{tiles}")
        for gpu in machine.gpus:
            out.print(f"  {_GOOD} {escape(gpu.name)}, {gigabytes(gpu.memory_bytes)}, computes in {gpu.dtype}")
        if machine.torch_version is None:
            out.print(f"  {_NOTE} no torch, so no networks")
        elif not machine.gpus:
            out.print(f"  {_NOTE} no GPU that torch {machine.torch_version} can use: networks run on the processor")
    for folder, free in checkup.free_bytes.items():
        out.print(f"  {_GOOD} {gigabytes(free)} free for weights in {escape(folder)}")


def _trainers(out: Console, checkup: Checkup) -> None:
    out.print("[bold]Trainers[/bold]")
    for each in checkup.trainers:
        if each.is_available:
            _line(out, _GOOD, each.name, each.task.replace("_", " "))
        else:
            _line(out, _BAD, each.name, each.why_not or "", fix=each.fix)


def _packages(out: Console, checkup: Checkup) -> None:
    lacking = {extra: names for extra, names in checkup.missing_packages.items() if names}
    if not checkup.missing_packages:
        return
    out.print("[bold]Packages[/bold]")
    if not lacking:
        out.print(f"  {_GOOD} everything of {', '.join(checkup.missing_packages)}")
    for extra, names in lacking.items():
        _line(out, _BAD, extra, f"lacks {', '.join(names)}", fix=f"pip install 'pictograph[{extra}]'")


def _server(out: Console, checkup: Checkup) -> None:
    state = checkup.server
    if state is None:
        return
    out.print("[bold]Server[/bold]")
    if state.is_reachable:
        out.print(f"  {_GOOD} {escape(state.base_url or '')} answers and takes the key")
        return
    _line(out, _NOTE, state.base_url or "none", state.why_not or "", fix=state.fix)


def _line(out: Console, mark: str, name: str, words: str, *, fix: str | None = None) -> None:
    """Print words beside a name, and under them what to do; both stay in their column."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=3, justify="right")
    table.add_column(min_width=14, no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(mark, escape(name), escape(words))
    if fix:
        table.add_row("", "", f"[dim]{escape(fix)}[/dim]")
    out.print(table)


def gigabytes(size_bytes: int) -> str:
    """Return a size as people say it: `3.5 GB`, `12 MB`."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e8 else f"{size_bytes / 1e6:.0f} MB"
