"""The `pictograph` command. It needs the extra `cli`; the server's commands need `server`."""

import sys


def main() -> None:
    """Run the command line, or say what to install when typer is missing."""
    try:
        from pictograph.cli.app import app
    except ModuleNotFoundError as missing:
        if missing.name != "typer":
            raise
        sys.stderr.write(
            "Error: the pictograph command needs typer, which is not installed\n"
            "Fix: pip install 'pictograph[cli]'; in a clone, pip install '.[cli]'\n"
        )
        raise SystemExit(2) from None
    app()
