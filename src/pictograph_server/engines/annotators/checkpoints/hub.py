"""The hub: would it hand out a checkpoint, and why not, known within seconds. Its own library retries for minutes."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pictograph_server.engines.errors import EngineUnavailable

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

# Longest time to find out that the hub cannot be used.
HUB_PATIENCE_S = 3.5
# How old the news that the hub is out of reach may be before it is asked again.
_NEWS_AGE_S = 60.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the files of a repository cannot be had."""

    error: EngineUnavailable
    # How the hub failed to answer; None where it did answer.
    silence: str | None = None


def ask_hub(repository: str) -> None:
    """Return when the hub would hand out the repository's files.

    Raises:
        EngineUnavailable: it would not, or did not answer within `HUB_PATIENCE_S`.
    """
    [refusal] = ask_hub_for([repository])
    if refusal is not None:
        raise refusal.error


def ask_hub_for(repositories: Sequence[str]) -> list[Refusal | None]:
    """Return, for each repository, why its files cannot be had, or None; all are asked at once.

    That the hub is out of reach is remembered, and looked into again behind the caller's back: only the first waits.
    """
    reason = _news.reason
    if reason is None:
        return _ask_and_remember(repositories)
    if _news.is_old():
        threading.Thread(target=_ask_and_remember, args=(list(repositories),), daemon=True).start()
    return [out_of_reach(repository, reason) for repository in repositories]


def answers(repository: str, *, patience_s: float) -> bool:
    """Return whether the hub answers at all within the time, whatever it says."""
    [refusal] = _ask_all([repository], patience_s)
    return refusal is None or refusal.silence is None


def is_logged_in() -> bool:
    """Return whether this machine has a token for the hub. Sends nothing."""
    try:
        from huggingface_hub import get_token
    except ImportError:
        return False
    return get_token() is not None


def out_of_reach(repository: str, reason: str) -> Refusal:
    error = EngineUnavailable(
        f"The weights of {repository} cannot be downloaded",
        why=f"the hub cannot be reached from this machine ({reason})",
        fix="Where it can be reached, run `pictograph engines pull NAME --to FOLDER`, copy the folder here and set "
        "PICTOGRAPH_ANNOTATOR to it",
    )
    return Refusal(error, silence=reason)


def login_fix(repository: str) -> str:
    return (
        f"Accept the licence on the hub's page of {repository} and run `hf auth login`, "
        "or set PICTOGRAPH_ANNOTATOR to a folder with the checkpoint"
    )


class _News:
    """That the hub is out of reach, since when."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._since = 0.0

    def is_old(self) -> bool:
        """Return whether it is time to ask again; who is told so is the one to do it."""
        is_old = time.monotonic() - self._since > _NEWS_AGE_S
        if is_old:
            self._since = time.monotonic()
        return is_old

    def update(self, reason: str | None) -> None:
        self.reason, self._since = reason, time.monotonic()


_news = _News()


def _ask_and_remember(repositories: Sequence[str]) -> list[Refusal | None]:
    refusals = _ask_all(repositories, HUB_PATIENCE_S)
    _news.update(next((each.silence for each in refusals if each is not None and each.silence is not None), None))
    return refusals


def _ask_all(repositories: Sequence[str], patience_s: float) -> list[Refusal | None]:
    found: dict[str, Refusal | None] = {}

    def ask(repository: str) -> None:
        found[repository] = _refusal(repository, patience_s)

    # In threads, because resolving a name may block longer than any timeout that can be asked for.
    askers = [threading.Thread(target=ask, args=(repository,), daemon=True) for repository in repositories]
    deadline = time.monotonic() + patience_s
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(max(0.0, deadline - time.monotonic()))
    silence = f"no answer within {patience_s:g} s"
    return [found[name] if name in found else out_of_reach(name, silence) for name in repositories]


def _refusal(repository: str, patience_s: float) -> Refusal | None:
    try:
        from huggingface_hub import get_hf_file_metadata, hf_hub_url
        from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, OfflineModeIsEnabled, RepositoryNotFoundError
    except ImportError as error:
        return _refused(
            repository, f"the package {error.name} is missing", "Install it: pip install 'pictograph[sam3]'"
        )
    try:
        get_hf_file_metadata(hf_hub_url(repository, "config.json"), timeout=patience_s)
    except GatedRepoError as error:  # before RepositoryNotFoundError, which it derives from
        is_known = _status(error) == 403
        why = "this account has not accepted their licence" if is_known else "nobody is logged in to the hub"
        return _refused(repository, why, login_fix(repository))
    except RepositoryNotFoundError:
        why = "the hub knows no such repository, or this account may not see it"
        return _refused(repository, why, "Check the name, or log in with `hf auth login`")
    except OfflineModeIsEnabled:
        return out_of_reach(repository, "offline mode is switched on, HF_HUB_OFFLINE")
    except HfHubHTTPError as error:
        return _http_refusal(repository, error)
    except Exception as error:
        return out_of_reach(repository, type(error).__name__)
    return None


def _http_refusal(repository: str, error: "HfHubHTTPError") -> Refusal:
    if _status(error) == 401:
        fix = "Log in anew with `hf auth login`; if HF_TOKEN is set, correct it or take it away"
        return _refused(repository, "the hub refuses this machine's token", fix)
    if _status(error) == 403:
        fix = "Use a token that may read gated repositories: `hf auth login`"
        return _refused(repository, "this machine's token may not read it", fix)
    return out_of_reach(repository, f"the hub answered {_status(error)}")


def _refused(repository: str, why: str, fix: str) -> Refusal:
    return Refusal(EngineUnavailable(f"The weights of {repository} cannot be downloaded", why=why, fix=fix))


def _status(error: "HfHubHTTPError") -> int:
    return error.response.status_code
