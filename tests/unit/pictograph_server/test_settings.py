from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from pictograph_server.settings import Credits, Jobs, Limits, Settings, environment_names, misspelt_names

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "configuration.md"


def test_defaults__work_embedded(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.effective_database_url == f"sqlite:///{tmp_path}/pictograph.sqlite"
    assert settings.effective_blobs_url == f"file://{tmp_path}/blobs"
    assert settings.effective_public_url == "http://127.0.0.1:8000"


def test_environment__reads_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTOGRAPH_LIMITS_IMAGE_BYTES", "5")
    monkeypatch.setenv("PICTOGRAPH_CREDITS_FREE_OF_CHARGE", "true")
    monkeypatch.setenv("PICTOGRAPH_DATABASE_URL", "postgresql+psycopg://db/pictograph")
    # The client's, and of no interest here.
    monkeypatch.setenv("PICTOGRAPH_API_KEY", "pk_live_x")
    settings = Settings()
    assert settings.limits.image_bytes == 5
    assert settings.credits.free_of_charge
    assert settings.effective_database_url == "postgresql+psycopg://db/pictograph"


def test_to_environment__a_child_reads_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        port=9,
        public_url="https://vision.example.org/",
        annotator="tiny",
        signing_secret=SecretStr("s" * 40),
        limits=Limits(image_bytes=7),
        credits=Credits(free_of_charge=True),
        jobs=Jobs(lease_s=60.5),
    )
    for name, value in settings.to_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_to_environment__keeps_the_owner_key_from_children() -> None:
    key = "pk_live_" + "k" * 32
    environment = Settings(bootstrap_api_key=SecretStr(key)).to_environment()
    assert key not in environment.values()


def test_repr__shows_no_secret() -> None:
    settings = Settings(bootstrap_api_key=SecretStr("pk_live_" + "k" * 32), signing_secret=SecretStr("s" * 40))
    assert "kkk" not in repr(settings)
    assert "sss" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PICTOGRAPH_BOOTSTRAP_API_KEY", "secret", "pk_live_ and at least 32"),
        ("PICTOGRAPH_BOOTSTRAP_API_KEY", "pk_live_" + "ä" * 32, "letters or digits"),
        ("PICTOGRAPH_SIGNING_SECRET", "short", "at least 32"),
        ("PICTOGRAPH_PUBLIC_URL", "example.org", "begin with http"),
        ("PICTOGRAPH_EXECUTOR", "magic", "'process' or 'ray'"),
        ("PICTOGRAPH_PORT", "70000", "65535"),
        ("PICTOGRAPH_JOBS_HEARTBEAT_S", "25", "at most half"),
        ("PICTOGRAPH_LIMITS_IMAGE_BITS", "5", "not permitted"),
    ],
)
def test_environment__bad_value_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=words):
        Settings()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PICTOGRAPH_PRICE_PROMPT", "PICTOGRAPH_PRICES_PROMPT"),
        ("PICTOGRAPH_DATADIR", "PICTOGRAPH_DATA_DIR"),
        ("PICTOGRAPH_BASE_URL", None),
        ("PICTOGRAPH_API_KEY", None),
        ("PICTOGRAPH_TEST_POSTGRES_URL", None),
        ("PICTOGRAPH_PORT", None),
        ("HOME", None),
    ],
)
def test_misspelt_names__what_looks_like_a_setting(name: str, meant: str | None) -> None:
    assert misspelt_names([name]).get(name) == meant


@pytest.mark.parametrize("name", environment_names())
def test_documentation__names_every_setting(name: str) -> None:
    assert f"`{name}`" in DOCUMENTATION.read_text()
