"""`--where FIELD=VALUE`: what images are narrowed to on the command line."""

from typing import cast, get_type_hints

import typer
from pydantic import TypeAdapter, ValidationError

from pictograph.models.listing import ImageFilter


def parse_filter(given: list[str]) -> ImageFilter:
    """Return the filter of `field=value` pairs, of which all have to hold.

    Raises:
        typer.BadParameter: there is no such field, or it takes no such value.
    """
    kinds = get_type_hints(ImageFilter)
    found: dict[str, object] = {}
    for pair in given:
        name, is_pair, value = pair.partition("=")
        if not is_pair or name not in kinds:
            fields = ", ".join(sorted(kinds))
            raise typer.BadParameter(f"{pair!r} is no FIELD=VALUE with a field of {fields}", param_hint="--where")
        try:
            found[name] = TypeAdapter[object](kinds[name]).validate_python(value)
        except ValidationError as invalid:
            why = invalid.errors()[0]["msg"]
            raise typer.BadParameter(f"{name} cannot be {value!r}: {why}", param_hint="--where") from None
    return cast("ImageFilter", found)
