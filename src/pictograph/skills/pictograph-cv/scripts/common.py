"""What the scripts share: how classes are written, and how a report is printed."""

import argparse
import json
import sys
from typing import Any

from pydantic_core import to_jsonable_python

from pictograph import PictographError


def classes(text: str) -> list[tuple[str, str]]:
    """Read `stop_sign:bbox,crack`: a type follows the colon, `polygon` where there is none."""
    pairs = [part.strip().partition(":") for part in text.split(",") if part.strip()]
    if not pairs or not all(name.strip() for name, _, _ in pairs):
        raise argparse.ArgumentTypeError("classes are written name:output_type,name:output_type")
    return [(name.strip(), kind.strip() or "polygon") for name, _, kind in pairs]


def finish(result: Any, *, success: bool) -> None:
    """Print the result as JSON and end the program."""
    print(json.dumps({"success": success, "result": to_jsonable_python(result)}, indent=2, ensure_ascii=False))
    sys.exit(0 if success else 1)


def fail(error: PictographError | OSError | ValueError) -> None:
    """Print what went wrong as JSON and end the program."""
    print(json.dumps({"success": False, "error": str(error)}, indent=2, ensure_ascii=False))
    sys.exit(1)
