import stat
from pathlib import Path
from typing import Any

import pydantic
import pytest

from pictograph._internal.config import (
    DEFAULT_BASE_URL,
    read_config_file,
    resolve_config,
    write_config_file,
)
from pictograph.exceptions import ConfigurationError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_config_file(api_key="of-file", base_url="http://of-file:1", path=tmp_path / "home" / "config.toml")


ENVIRONMENT = {"PICTOGRAPH_API_KEY": "of-env", "pictograph_base_url": "http://of-env:2/", "PICTOGRAPH_TIMEOUT": "7"}


@pytest.mark.parametrize(
    ("given", "environ", "key", "url"),
    [
        ({"api_key": "mine", "base_url": "http://mine:3"}, ENVIRONMENT, "mine", "http://mine:3"),
        ({}, ENVIRONMENT, "of-env", "http://of-env:2"),
        ({}, {}, "of-file", "http://of-file:1"),
        ({"api_key": " "}, {"PICTOGRAPH_API_KEY": ""}, "of-file", "http://of-file:1"),
        ({"api_key": " mine "}, {}, "mine", "http://of-file:1"),
    ],
)
def test_resolve__first_place_wins(
    file: Path, given: dict[str, Any], environ: dict[str, str], key: str, url: str
) -> None:
    config = resolve_config(**given, environ=environ, path=file)
    assert (config.api_key.get_secret_value(), config.base_url) == (key, url)


def test_resolve__numbers_of_the_environment(file: Path) -> None:
    config = resolve_config(environ={**ENVIRONMENT, "PICTOGRAPH_MAX_RETRIES": "0"}, path=file)
    assert (config.timeout, config.max_retries) == (7.0, 0)


def test_resolve__defaults(tmp_path: Path) -> None:
    config = resolve_config(api_key="k", environ={}, path=tmp_path / "none.toml")
    assert (config.base_url, config.timeout, config.max_retries) == (DEFAULT_BASE_URL, 30.0, 3)


def test_resolve__base_url_keeps_its_path(tmp_path: Path) -> None:
    config = resolve_config(api_key="k", base_url="https://host/vision///", environ={}, path=tmp_path / "none.toml")
    assert config.base_url == "https://host/vision"


def test_resolve__no_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No API key") as caught:
        resolve_config(environ={}, path=tmp_path / "none.toml")
    assert "pictograph login" in str(caught.value.fix)


@pytest.mark.parametrize("bad", [{"timeout": 0}, {"timeout": -1}, {"max_retries": -1}, {"base_url": "localhost:8000"}])
def test_resolve__bad_value(bad: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        resolve_config(api_key="k", environ={}, **bad)


def test_resolve__key_is_not_in_repr() -> None:
    assert "secret" not in repr(resolve_config(api_key="secret", environ={}))


def test_resolve__broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[default\n")
    with pytest.raises(ConfigurationError, match=r"config\.toml"):
        resolve_config(environ={}, path=path)


def test_resolve__broken_file_is_not_needed(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[default\n")
    assert resolve_config(api_key="k", base_url="http://h", environ={}, path=path).base_url == "http://h"


def test_write__only_its_owner_can_read(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_write__replaces_and_leaves_nothing_else(file: Path) -> None:
    write_config_file(api_key='odd "key" \\ ü', path=file)
    assert read_config_file(file) == {"api_key": 'odd "key" \\ ü'}
    assert [entry.name for entry in file.parent.iterdir()] == ["config.toml"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
