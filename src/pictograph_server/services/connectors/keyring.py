"""API keys of other services: in the memory of the server that was given them, and nowhere else.

A job runs in another process, maybe on another machine. It asks for the key through the database, in a way that leaves
nothing there that could be read later (`sealing.py`). When the server has ended, so have its keys: the job fails and
says to send the key again.
"""

import logging
import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from pictograph_server.errors import BadRequest
from pictograph_server.jobs.run import JobRun
from pictograph_server.platform import Platform
from pictograph_server.signing import signing_secret

from . import repository

log = logging.getLogger(__name__)

_LOOK_S = 0.3
# How long a job waits for the server that has its key.
PATIENCE_S = 20.0
# How long a database that cannot be reached is waited for.
_GIVE_UP_S = 600.0


class KeyForgotten(BadRequest):
    code = "connector_key_forgotten"

    def __init__(self) -> None:
        super().__init__(
            "The API key of the other service is not known any more",
            why="it is kept in memory only, and the server that was given it has ended",
            fix="Start the import again with the key: what is here already is skipped",
        )


def keep(platform: Platform, import_id: str, api_key: str) -> None:
    """Answer the import's job when it asks for the key, until the import ends. For after the commit that starts it."""
    arguments = (platform, import_id, api_key)
    threading.Thread(target=_answer_until_end, args=arguments, name=f"key-{import_id}", daemon=True).start()


def ask(platform: Platform, run: JobRun) -> str:
    """Return the key of the import `run.job_id` from the server that keeps it.

    Raises:
        KeyForgotten: nobody has it any more.
    """
    # Here and below: loads a library of cryptography, which a server that imports nothing starts without.
    from .sealing import CannotUnseal, Question

    question = Question.about(run.job_id)
    with run.transaction() as conn:
        repository.ask_for_key(conn, run.job_id, question.public)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        run.raise_if_cancelled()
        with platform.db.read() as conn:
            answer = repository.key_answer(conn, run.job_id, question.public)
        if answer is not None or time.monotonic() >= deadline:
            break
        time.sleep(_LOOK_S)
    with run.transaction() as conn:
        repository.forget_key_request(conn, run.job_id)
    if answer is None:
        raise KeyForgotten
    try:
        return question.unseal(answer, signing_secret(platform.settings))
    except CannotUnseal:
        raise DifferentSecrets from None


class DifferentSecrets(BadRequest):
    code = "signing_secrets_differ"

    def __init__(self) -> None:
        super().__init__(
            "The API key of the other service could not be handed to the worker",
            why="the server and the worker have different signing secrets",
            fix="Set PICTOGRAPH_SIGNING_SECRET to the same value on every host",
        )


def _answer_until_end(platform: Platform, import_id: str, api_key: str) -> None:
    from .sealing import CannotUnseal, seal

    secret = signing_secret(platform.settings)
    reached_at = time.monotonic()
    while time.monotonic() - reached_at < _GIVE_UP_S:
        try:
            with platform.db.read() as conn:
                is_live, question = repository.is_live(conn, import_id), repository.key_question(conn, import_id)
            if question is not None:
                sealed = seal(api_key, import_id, question, secret)
                with platform.db.write() as conn:
                    repository.answer_key(conn, import_id, question, sealed)
            if not is_live:
                return
            reached_at = time.monotonic()
        except SQLAlchemyError as error:
            # The database is away or busy, or we are: it may have been closed under us.
            log.warning("import %s: its key waits: %s", import_id, type(error).__name__)
        except CannotUnseal:
            log.warning("import %s: somebody asked for its key in a way that no job does", import_id)
        time.sleep(_LOOK_S)
