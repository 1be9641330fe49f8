"""The first key, the lock of the data folder, and what the server says when it cannot start."""

import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from pictograph_server import up
from pictograph_server.data_folder import DataFolderInUse, DataFolderLock
from pictograph_server.first_key import KEY_FILE, ensure_owner_key
from pictograph_server.platform import Platform
from pictograph_server.services.organizations import service as organizations
from pictograph_server.storage.db.tables import api_keys, members
from pictograph_server.storage.db.tables import organizations as organization_table

URL = "http://127.0.0.1:8000"
KEY = "pk_live_" + "k" * 32


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "home" / ".pictograph" / "config.toml"


def with_bootstrap_key(platform: Platform, key: str) -> Platform:
    settings = platform.settings.model_copy(update={"bootstrap_api_key": SecretStr(key)})
    return Platform(settings=settings, db=platform.db, blobs=platform.blobs, signer=platform.signer)


def test_first_start__makes_an_owner_and_the_clients_config(platform: Platform, config: Path) -> None:
    place = ensure_owner_key(platform, config_path=config, base_url=URL)
    assert place == f"in {config}"
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert stat.S_IMODE(config.parent.stat().st_mode) == 0o700
    key = config.read_text().split('"')[1]
    assert config.read_text() == f'[default]\napi_key = "{key}"\nbase_url = "{URL}"\n'
    with platform.db.read() as conn:
        known = organizations.find_key(conn, key)
        assert known is not None and known.actor.role == "owner"
        assert conn.execute(select(members.c.role)).scalars().all() == ["owner"]
    assert not (platform.settings.data_dir / KEY_FILE).exists()


def test_second_start__makes_nothing(platform: Platform, config: Path) -> None:
    ensure_owner_key(platform, config_path=config, base_url=URL)
    before = config.read_text()
    ensure_owner_key(platform, config_path=config, base_url=URL)
    assert config.read_text() == before
    with platform.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(api_keys)).scalar() == 1


def test_first_start__never_touches_a_config_that_is_there(platform: Platform, config: Path) -> None:
    config.parent.mkdir(parents=True)
    config.write_text('[default]\napi_key = "other"\n')
    place = ensure_owner_key(platform, config_path=config, base_url=URL)
    key_file = platform.settings.data_dir / KEY_FILE
    assert str(key_file) in place
    # The address in that file is another server's.
    assert f"PICTOGRAPH_BASE_URL={URL}" in place
    assert config.read_text() == '[default]\napi_key = "other"\n'
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    with platform.db.read() as conn:
        assert organizations.find_key(conn, key_file.read_text().strip()) is not None


def test_first_start__after_a_crash_uses_the_key_written_down(platform: Platform, config: Path) -> None:
    (platform.settings.data_dir / KEY_FILE).write_text(KEY + "\n")
    ensure_owner_key(platform, config_path=config, base_url=URL)
    assert KEY in config.read_text()


def test_other_port__is_said(platform: Platform, config: Path) -> None:
    ensure_owner_key(platform, config_path=config, base_url=URL)
    place = ensure_owner_key(platform, config_path=config, base_url="http://127.0.0.1:9000")
    assert "export PICTOGRAPH_BASE_URL=http://127.0.0.1:9000" in place


def test_key_of_the_environment__is_nowhere_written_nor_shown(platform: Platform, config: Path) -> None:
    place = ensure_owner_key(with_bootstrap_key(platform, KEY), config_path=config, base_url=URL)
    assert place == "the one in PICTOGRAPH_BOOTSTRAP_API_KEY"
    assert not config.exists()
    with platform.db.read() as conn:
        assert organizations.find_key(conn, KEY) is not None


def test_key_of_the_environment__a_new_one_opens_the_same_organization(platform: Platform, config: Path) -> None:
    for key in (KEY, KEY, "pk_live_" + "n" * 32):
        ensure_owner_key(with_bootstrap_key(platform, key), config_path=config, base_url=URL)
    with platform.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(organization_table)).scalar() == 1
        assert conn.execute(select(func.count()).select_from(api_keys)).scalar() == 2


def test_lock__one_server_a_folder(tmp_path: Path) -> None:
    import os

    with DataFolderLock(tmp_path, exclusive=True), pytest.raises(DataFolderInUse, match=f"process {os.getpid()}"):
        DataFolderLock(tmp_path, exclusive=False)
    DataFolderLock(tmp_path, exclusive=True).release()


def test_lock__halves_of_a_fleet_share(tmp_path: Path) -> None:
    with (
        DataFolderLock(tmp_path, exclusive=False),
        DataFolderLock(tmp_path, exclusive=False),
        pytest.raises(DataFolderInUse),
    ):
        DataFolderLock(tmp_path, exclusive=True)


def test_up__port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SystemExit, match=f"Port {port} is in use"):
            up.run(tmp_path / "data", port=port)
    # Nothing was begun: no database, no key.
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["server.lock"]


def test_up__ray_is_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTOGRAPH_EXECUTOR", "ray")
    with pytest.raises(SystemExit, match="PICTOGRAPH_EXECUTOR=ray is not possible"):
        up.run(tmp_path / "data")


def test_up__bad_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTOGRAPH_LIMITS_IMAGE_BYTES", "many")
    with pytest.raises(SystemExit, match="PICTOGRAPH_LIMITS_IMAGE_BYTES: Input should be a valid integer"):
        up.run(tmp_path / "data")


def test_up__misspelt_setting_is_refused_with_the_one_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTOGRAPH_PRICE_PROMPT", "1")
    with pytest.raises(SystemExit, match=r"PICTOGRAPH_PRICE_PROMPT: did you mean PICTOGRAPH_PRICES_PROMPT\?"):
        up.run(tmp_path / "data")


def test_up__data_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(SystemExit, match="data cannot be made or written to: File exists"):
        up.run(tmp_path / "data")


def test_import__loads_no_network(tmp_path: Path) -> None:
    """The API process must start fast and stay small: networks live in child processes."""
    heavy = ("torch", "transformers", "onnxruntime", "alembic", "pandas", "cv2")
    script = f"import sys, pictograph_server.up; print([m for m in {heavy!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
