"""What every program on the server's data begins with: settings, the platform, and words for what goes wrong."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from pydantic import ValidationError

from pictograph_server.data_folder import StartError
from pictograph_server.logs import configure_logging
from pictograph_server.platform import Platform, open_platform
from pictograph_server.settings import Settings, misspelt_names


def read_settings(**given: object) -> Settings:
    """Return the settings of the environment, with those given put in their place. Raises StartError."""
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        raise BadSettings(error) from None
    if misspelt := misspelt_names():
        raise MisspeltSettings(misspelt)
    if settings.executor != "process":
        raise UnsupportedExecutor(settings.executor)
    configure_logging(settings.log_level)
    return settings


@contextmanager
def opened(settings: Settings) -> Generator[Platform]:
    """Open the platform on a database brought to the newest schema, and close it at the end."""
    platform = open_platform(settings, migrate_database=True)
    try:
        yield platform
    finally:
        platform.close()


@contextmanager
def start_errors_shown(what: str = "Pictograph cannot start.") -> Generator[None]:
    """Turn a StartError into an exit with status 1 and its words, after `what`."""
    try:
        yield
    except StartError as error:
        raise SystemExit(f"{what} {error}") from None


class UnsupportedExecutor(StartError):
    def __init__(self, executor: str) -> None:
        super().__init__(
            f"PICTOGRAPH_EXECUTOR={executor} is not possible: this version runs jobs in processes of its own only.\n"
            "Unset it, or set it to process; `pictograph worker` on several hosts shares the work."
        )


class MisspeltSettings(StartError):
    def __init__(self, meant: Mapping[str, str]) -> None:
        lines = [f"  {name}: did you mean {setting}?" for name, setting in meant.items()]
        super().__init__(
            "\n".join(["There are no such settings:", *lines, "See docs/configuration.md, or unset them."])
        )


class BadSettings(StartError):
    def __init__(self, error: ValidationError) -> None:
        lines = [
            f"  PICTOGRAPH_{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        super().__init__("\n".join(["These settings cannot be used:", *lines, "See docs/configuration.md."]))
