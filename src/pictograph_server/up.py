"""Starts the platform: `run` is all of it in one place (`pictograph up`); `serve` and `worker` are its halves.

`up` is alone on its data folder, so it may take over at once what an earlier process left behind. The halves share a
database with others, and wait until a lease runs out.
"""

import asyncio
import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

import pictograph
from pictograph_server.app import create_app
from pictograph_server.data_folder import DataFolderLock, StartError
from pictograph_server.engines.trainers.registry import trainer_specs
from pictograph_server.executors.annotator_door import ENTRY
from pictograph_server.executors.annotator_main import COMPILE
from pictograph_server.executors.annotator_process import AnnotatorProcess
from pictograph_server.executors.process import ProcessExecutor
from pictograph_server.first_key import client_config_path, ensure_owner_key
from pictograph_server.first_login import note_address, owner_login_link
from pictograph_server.jobs.dispatcher import Dispatcher
from pictograph_server.jobs.policy import JobPolicy
from pictograph_server.platform import Platform
from pictograph_server.services.pipelines.advance import ticker
from pictograph_server.services.tasks import all_tasks
from pictograph_server.settings import Settings, environment_names
from pictograph_server.starting import opened, read_settings, start_errors_shown
from pictograph_server.storage import idempotency

Announce = Callable[[str], None]
# Requests that still run when the server is told to stop have this long.
_GRACE_S = 10


def run(
    data_dir: Path | None = None, host: str | None = None, port: int | None = None, *, announce: Announce | None = None
) -> None:
    """Run the embedded platform until it is told to stop (SIGINT, SIGTERM).

    What is not given comes from the environment (docs/configuration.md). Exits with a message and status 1 when it
    cannot start.
    """
    with start_errors_shown():
        settings = read_settings(data_dir=data_dir, host=host, port=port)
        _up(settings, announce or _print)


def serve(host: str | None = None, port: int | None = None, *, announce: Announce | None = None) -> None:
    """Run the API alone: jobs are left to the workers that share its database."""
    with start_errors_shown():
        settings = read_settings(host=host, port=port)
        _serve(settings, announce or _print)


def worker(*, announce: Announce | None = None) -> None:
    """Run jobs alone: any number of workers may share a database."""
    with start_errors_shown():
        settings = read_settings()
        _work(settings, announce or _print)


def _up(settings: Settings, announce: Announce) -> None:
    with ExitStack() as stack:
        stack.enter_context(DataFolderLock(settings.data_dir, exclusive=True))
        listener = stack.enter_context(_listen(settings))
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        platform = stack.enter_context(opened(settings))
        # A database of one's own may be at work for other hosts: only the one in the folder is surely ours alone.
        is_alone = settings.database_url is None
        if is_alone:
            with platform.db.write() as conn:
                idempotency.abandon_all(conn)
        key_place = ensure_owner_key(platform, config_path=client_config_path(), base_url=settings.effective_public_url)
        note_address(settings)
        annotator = stack.enter_context(_annotator(settings))
        dispatcher = _dispatcher(platform, annotator, alone=is_alone)

        def started() -> None:
            announce(f"Pictograph {pictograph.__version__} is at {settings.effective_public_url}")
            announce(f"  data     {settings.data_dir.absolute()}")
            announce(f"  API key  {key_place}")
            announce(f"  sign in  {owner_login_link(platform)}  (once, within 15 minutes)")
            announce("Stop it with Ctrl-C.")

        _run_server(platform, listener, annotator, dispatcher, started)


def _serve(settings: Settings, announce: Announce) -> None:
    with ExitStack() as stack:
        stack.enter_context(DataFolderLock(settings.data_dir, exclusive=False))
        listener = stack.enter_context(_listen(settings))
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        platform = stack.enter_context(opened(settings))
        key_place = ensure_owner_key(platform, config_path=client_config_path(), base_url=settings.effective_public_url)
        note_address(settings)
        annotator = stack.enter_context(_annotator(settings))

        def started() -> None:
            announce(
                f"Pictograph {pictograph.__version__} serves {settings.effective_public_url}; API key: {key_place}"
            )

        _run_server(platform, listener, annotator, None, started)


def _work(settings: Settings, announce: Announce) -> None:
    with ExitStack() as stack:
        stack.enter_context(DataFolderLock(settings.data_dir, exclusive=False))
        platform = stack.enter_context(opened(settings))
        annotator = stack.enter_context(_annotator(settings))
        dispatcher = _dispatcher(platform, annotator, alone=False)
        stop = threading.Event()

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, on_signal)
        dispatcher.start()
        announce(f"Pictograph {pictograph.__version__} works on {', '.join(settings.jobs.slots)}")
        stop.wait()
        dispatcher.stop()


def _run_server(
    platform: Platform,
    listener: socket.socket,
    annotator: AnnotatorProcess,
    dispatcher: Dispatcher | None,
    started: Callable[[], None],
) -> None:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        if dispatcher is not None:
            dispatcher.start()
        started()
        yield
        if dispatcher is not None:
            await asyncio.to_thread(dispatcher.stop)

    app = create_app(
        platform,
        prompts=annotator,
        lifespan=lifespan,
        is_dispatching=dispatcher.is_beating if dispatcher is not None else None,
        is_stopping=lambda: server.should_exit,
    )
    config = uvicorn.Config(
        app,
        http="httptools",
        loop="uvloop",
        # There are none; the library for them would be loaded.
        ws="none",
        # We configure logging, and Envelope writes the access log.
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = uvicorn.Server(config)

    # uvicorn raises the signal again once it has stopped: without a handler it would end us before we have cleaned up.
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    server.run(sockets=[listener])


def _dispatcher(platform: Platform, annotator: AnnotatorProcess, *, alone: bool) -> Dispatcher:
    address = platform.settings.annotator_address or annotator.address
    settings = platform.settings.model_copy(update={"annotator_address": address})
    executor = ProcessExecutor(
        settings.data_dir.absolute() / "jobs", env=_child_environment(settings), grace_s=settings.jobs.grace_s
    )
    return Dispatcher(
        platform.db,
        all_tasks(platform),
        executor,
        settings.jobs.slots,
        policy=JobPolicy(lease_s=settings.jobs.lease_s, beat_s=settings.jobs.heartbeat_s),
        alone=alone,
        ticks=(ticker(platform, trainer_specs),),
    )


def _child_environment(settings: Settings) -> dict[str, str]:
    """Return our environment with our settings in it, whether they came from there or from the command line."""
    ours = environment_names()
    return {name: value for name, value in os.environ.items() if name not in ours} | settings.to_environment()


@contextmanager
def _annotator(settings: Settings) -> Generator[AnnotatorProcess]:
    command = (*ENTRY, COMPILE) if settings.compile else ENTRY
    annotator = AnnotatorProcess(settings.annotator, settings.device, command=command)
    if settings.warm_start:
        annotator.warm_up()
    try:
        yield annotator
    finally:
        annotator.close()


@contextmanager
def _listen(settings: Settings) -> Generator[socket.socket]:
    try:
        address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(address[0], socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address[4])
    except OSError as error:
        raise CannotListen(settings, error) from None
    with listener:
        yield listener


class CannotListen(StartError):
    def __init__(self, settings: Settings, error: OSError) -> None:
        where = f"{settings.host}:{settings.port}"
        if error.errno == errno.EADDRINUSE:
            message = f"Port {settings.port} is in use by another program.\nChoose another one: pictograph up --port 0"
        elif error.errno == errno.EACCES:
            message = f"Not allowed to listen on {where}.\nChoose a port above 1023: pictograph up --port 8000"
        else:
            message = f"Cannot listen on {where}: {error.strerror}.\nCheck --host and --port."
        super().__init__(message)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
