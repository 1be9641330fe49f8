"""Where a client's settings come from: arguments, then the environment, then ~/.pictograph/config.toml, then defaults.

The only place of the client that reads the environment or that file.
"""

import json
import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from pictograph.exceptions import ConfigurationError

DEFAULT_BASE_URL = "http://127.0.0.1:8000"


class ClientConfig(BaseModel):
    """What a client needs to know. The key stays out of `repr` and logs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: SecretStr
    base_url: str = DEFAULT_BASE_URL
    timeout: float = Field(default=30.0, gt=0, allow_inf_nan=False)
    max_retries: int = Field(default=3, ge=0)

    @field_validator("base_url")
    @classmethod
    def _require_http(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} must begin with http:// or https://, for example {DEFAULT_BASE_URL}")
        return url.rstrip("/")


def resolve_config(
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    timeout: float | None = None,
    max_retries: int | None = None,
    environ: Mapping[str, str] | None = None,
    path: Path | None = None,
) -> ClientConfig:
    """Return the settings, each from the first place that has it.

    Args:
        environ: stands in for the process's environment.
        path: stands in for `~/.pictograph/config.toml`.
    Raises:
        ConfigurationError: there is no API key anywhere, or the file cannot be read.
        pydantic.ValidationError: a value cannot be used.
    """
    variables = {name.upper(): value.strip() for name, value in (os.environ if environ is None else environ).items()}
    given: dict[str, object | None] = {
        "api_key": (api_key or "").strip() or variables.get("PICTOGRAPH_API_KEY"),
        "base_url": base_url or variables.get("PICTOGRAPH_BASE_URL"),
        "timeout": timeout if timeout is not None else variables.get("PICTOGRAPH_TIMEOUT"),
        "max_retries": max_retries if max_retries is not None else variables.get("PICTOGRAPH_MAX_RETRIES"),
    }
    if not (given["api_key"] and given["base_url"]):
        stored = read_config_file(path)
        given["api_key"] = given["api_key"] or stored.get("api_key")
        given["base_url"] = given["base_url"] or stored.get("base_url")
    if not given["api_key"]:
        raise ConfigurationError("No API key was given")
    return ClientConfig.model_validate({name: value for name, value in given.items() if value not in (None, "")})


def config_path() -> Path | None:
    """Return `~/.pictograph/config.toml`; None for a user without a home."""
    try:
        return Path.home() / ".pictograph" / "config.toml"
    except RuntimeError:
        return None


def model_cache(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of downloaded models: `pictograph/models` in `XDG_CACHE_HOME`, else in `~/.cache`.

    Raises:
        ConfigurationError: the user has no home.
    """
    base = (os.environ if environ is None else environ).get("XDG_CACHE_HOME", "").strip()
    try:
        return (Path(base) if base else Path.home() / ".cache") / "pictograph" / "models"
    except RuntimeError as error:
        raise ConfigurationError(
            "There is no home folder to keep downloaded models in", fix="Set HOME or XDG_CACHE_HOME, or pass `cache=`."
        ) from error


def read_config_file(path: Path | None = None) -> dict[str, str]:
    """Return the `[default]` table's `api_key` and `base_url`, those that are there; empty when there is no file.

    Raises:
        ConfigurationError: the file cannot be read or is not such a file.
    """
    path = path or config_path()
    if path is None:
        return {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error}",
            fix="Run `pictograph login` to write it anew, or set PICTOGRAPH_API_KEY and PICTOGRAPH_BASE_URL.",
        ) from error
    table = document.get("default")
    if not isinstance(table, dict):
        return {}
    entries = cast("dict[str, object]", table)
    return {
        name: value.strip()
        for name in ("api_key", "base_url")
        if isinstance(value := entries.get(name), str) and value.strip()
    }


def write_config_file(*, api_key: str, base_url: str | None = None, path: Path | None = None) -> Path:
    """Write the `[default]` table (file 0600, folder 0700), replacing what was there, and return the file's path.

    Raises:
        ConfigurationError: the user has no home and no `path` was given.
        OSError: the folder or file cannot be written.
    """
    path = path or config_path()
    if path is None:
        raise ConfigurationError("There is no home folder to write ~/.pictograph/config.toml into", fix="Set HOME.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    entries = {"api_key": api_key} | ({"base_url": base_url.rstrip("/")} if base_url else {})
    # A JSON string without escapes for non-ASCII is a TOML basic string.
    lines = ["[default]", *(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in entries.items())]
    # mkstemp makes the file 0600, so the key is at no moment readable by others; the rename replaces in one step.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".config-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
