"""The owner's key at start: made once, and left where the client finds it."""

import os
import shlex
import tomllib
from pathlib import Path

from pictograph_server.platform import Platform
from pictograph_server.services.organizations import service as organizations

KEY_FILE = "owner-key"


def client_config_path() -> Path:
    return Path.home() / ".pictograph" / "config.toml"


def ensure_owner_key(platform: Platform, *, config_path: Path, base_url: str) -> str:
    """Make sure that somebody can come in, and return where their key is, in words.

    A key from the environment stays there. Otherwise one is made at the first start and goes into the client's
    config file, or, when there is one already, into the data folder.
    """
    configured = platform.settings.bootstrap_api_key
    if configured is not None:
        with platform.db.write() as conn:
            organizations.bootstrap(conn, platform.settings, configured.get_secret_value())
        return "the one in PICTOGRAPH_BOOTSTRAP_API_KEY"
    key_file = platform.settings.data_dir / KEY_FILE
    with platform.db.read() as conn:
        is_new = not organizations.has_organization(conn)
    if is_new:
        # Written down before it counts: a crash in between loses neither the key nor the way in.
        if not key_file.exists():
            _write_private(key_file, organizations.new_api_key() + "\n")
        with platform.db.write() as conn:
            organizations.bootstrap(conn, platform.settings, key_file.read_text().strip())
    if key_file.exists() and not config_path.exists():
        _write_config(config_path, key_file.read_text().strip(), base_url)
        key_file.unlink()
    return _place(platform, key_file, config_path, base_url)


def _place(platform: Platform, key_file: Path, config_path: Path, base_url: str) -> str:
    if key_file.exists():
        # Here a config file is in the way, and its address is another server's.
        read_it = f'"$(cat {shlex.quote(str(key_file))})"'
        return f"in {key_file}; use it with  export PICTOGRAPH_API_KEY={read_it} PICTOGRAPH_BASE_URL={base_url}"
    key, url = _read_config(config_path)
    with platform.db.read() as conn:
        is_ours = key is not None and organizations.find_key(conn, key) is not None
    if not is_ours:
        return "the one made at the first start"
    if url != base_url:
        return f"in {config_path}, which points to {url}; use  export PICTOGRAPH_BASE_URL={base_url}"
    return f"in {config_path}"


def _read_config(path: Path) -> tuple[str | None, str | None]:
    try:
        default = tomllib.loads(path.read_text()).get("default", {})
    except (OSError, tomllib.TOMLDecodeError):
        return None, None
    return default.get("api_key"), default.get("base_url")


def _write_config(path: Path, key: str, base_url: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_private(path, f'[default]\napi_key = "{key}"\nbase_url = "{base_url}"\n')


def _write_private(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
