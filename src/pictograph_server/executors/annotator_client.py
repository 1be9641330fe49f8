"""The warm annotator as others see it: `open_remote` gives a job an `Annotator` whose network is loaded elsewhere."""

import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from pictograph_server.engines.annotators.base import Annotator, Box, Capability, Detection, Exemplars, RgbImage
from pictograph_server.engines.errors import EngineCrashed
from pictograph_server.executors import annotator_wire as wire

if TYPE_CHECKING:
    from pictograph.geometry.cropped_mask import CroppedMask

# A file's bytes, a file, or decoded pixels: RGB, 8 bits, display-oriented, shape (height, width, 3).
PictureSource: TypeAlias = "bytes | Path | RgbImage"
Answered = TypeVar("Answered")
# One image alone that ends the process this often is to blame, not its neighbours and not the machine.
_CRASHES_OF_ONE_IMAGE = 2
# Once more while a network is loaded, for others work meanwhile: it may be their image twice.
_CRASHES_WHILE_LOADING = 3
# The process may also die of what others asked, before our request had its turn.
_MOST_RESTARTS = 10


class NobodyThere(Exception):
    """No process listens at the address: its server has ended."""


class BrokenOff(Exception):
    """The process died, or the deadline came, before there was an answer; `phase` says how far it was."""

    def __init__(self, phase: wire.Phase | None, *, is_too_late: bool) -> None:
        self.phase: wire.Phase | None = phase
        self.is_too_late = is_too_late
        super().__init__(f"broken off while {phase or 'starting'}")


def open_remote(address: str | None, choice: str, device: str | None) -> Annotator:
    """Return the annotator `choice` of the warm process at `address`; where there is none, load it into this process.

    Raises:
        EngineUnavailable: it cannot be opened here; says why and what to do.
        EngineCrashed: the process died again and again while it loaded the network.
    """
    if address is not None:
        with suppress(NobodyThere):
            return RemoteAnnotator(address, choice, device)
    return _open_here(choice, device)


class RemoteAnnotator:
    """An `Annotator` in another process. May be shared between threads: with two questions at once it never waits.

    Beyond what the annotator itself raises, every question may raise `EngineCrashed`. When the process's server ends,
    the network is loaded into this process.
    """

    def __init__(self, address: str, choice: str, device: str | None) -> None:
        self._address = address
        self._choice = choice
        self._wanted_device = device
        self._client = secrets.token_hex(8)
        # Opened when nobody is there any more; one thread at a time may ask it.
        self._own: Annotator | None = None
        self._own_lock = threading.Lock()
        opened, _ = self._ask(wire.Open())
        assert isinstance(opened, wire.Opened)
        self.name = opened.engine
        self.device = opened.device
        self.capabilities: frozenset[Capability] = frozenset(opened.capabilities)

    def check_prompts(self, prompts: Sequence[str]) -> None:
        try:
            self._ask(wire.CheckPrompts(prompts=list(prompts)))
        except NobodyThere:
            self._ask_own(lambda own: own.check_prompts(prompts))

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        question = wire.Text(prompts=list(prompts), threshold=threshold, max_detections=max_detections)
        return self._detect(
            question,
            images,
            lambda own: own.text(images, prompts, threshold=threshold, max_detections=max_detections),
        )

    def exemplars(
        self, images: Sequence[RgbImage], alike: Exemplars, *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        question = wire.Alike(
            boxes_xyxy=list(alike.boxes_xyxy),
            is_positive=list(alike.is_positive),
            phrase=alike.phrase,
            threshold=threshold,
            max_detections=max_detections,
        )
        return self._detect(
            question,
            [alike.image, *images],
            lambda own: own.exemplars(images, alike, threshold=threshold, max_detections=max_detections),
        )

    def box(
        self, image: RgbImage, boxes_xyxy: Sequence[Box], *, is_positive: Sequence[bool], threshold: float
    ) -> list[Detection]:
        question = wire.Boxes(boxes_xyxy=list(boxes_xyxy), is_positive=list(is_positive), threshold=threshold)
        [found] = self._detect(
            question,
            [image],
            lambda own: [own.box(image, boxes_xyxy, is_positive=is_positive, threshold=threshold)],
        )
        return found

    def points(
        self, image: RgbImage, points_xy: Sequence[tuple[float, float]], *, is_positive: Sequence[bool]
    ) -> Detection | None:
        def ask_own(own: Annotator) -> list[list[Detection]]:
            detection = own.points(image, points_xy, is_positive=is_positive)
            return [[] if detection is None else [detection]]

        [found] = self._detect(wire.Points(points_xy=list(points_xy), is_positive=list(is_positive)), [image], ask_own)
        return found[0] if found else None

    def _detect(
        self,
        question: wire.Question,
        images: Sequence[RgbImage],
        ask_own: Callable[[Annotator], list[list[Detection]]],
    ) -> list[list[Detection]]:
        try:
            reply, masks = self._ask(question, images)
        except NobodyThere:
            return self._ask_own(ask_own)
        assert isinstance(reply, wire.Found)
        self.name = reply.engine
        return _detections(reply, masks)

    def _ask(self, question: wire.Question, images: Sequence[RgbImage] = ()) -> tuple[wire.Answer, memoryview]:
        # Whoever asks what the network can do holds up no batch: that is answered at once.
        is_urgent = isinstance(question, wire.Open | wire.CheckPrompts)
        request = wire.Request(question=question, annotator=self._choice, is_urgent=is_urgent, client=self._client)
        at_work, at_loading = 0, 0
        most = 1 if len(images) > (2 if isinstance(question, wire.Alike) else 1) else _CRASHES_OF_ONE_IMAGE
        for _ in range(_MOST_RESTARTS):
            try:
                return ask(self._address, request, images)
            except BrokenOff as broken:
                at_work += broken.phase == "working"
                at_loading += broken.phase == "loading"
                if at_work >= most or at_loading >= _CRASHES_WHILE_LOADING:
                    raise crashed(broken) from broken
        raise EngineCrashed(
            f"The annotator's process ended {_MOST_RESTARTS} times before it came to this job",
            why="of what others asked, or for lack of memory",
            fix="See the server's log",
        )

    def _ask_own(self, ask_own: Callable[[Annotator], Answered]) -> Answered:
        with self._own_lock:
            if self._own is None:
                self._own = _open_here(self._choice, self._wanted_device)
                self.name, self.device = self._own.name, self._own.device
                self.capabilities = self._own.capabilities
            return ask_own(self._own)


def ask(
    address: str, request: wire.Request, pictures: Sequence[PictureSource] = (), *, deadline: float | None = None
) -> tuple[wire.Answer, memoryview]:
    """Return the answer of the process, and the masks that came with it.

    Raises:
        EngineError: as the annotator raised it.
        RuntimeError: the annotator failed in a way that nobody expected.
        NobodyThere, BrokenOff: there is no answer.
    """
    packed = [_packed(picture) for picture in pictures]
    request = request.model_copy(update={"pictures": [header for header, _ in packed]})
    phase: wire.Phase | None = None
    try:
        with _connected(address, deadline) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):
                # It may have refused us already: then its words wait to be read.
                wire.send(connection, request, [data for _, data in packed], deadline=deadline)
            while True:
                reply, masks = wire.receive_reply(connection, deadline=deadline)
                if not isinstance(reply, wire.Begun):
                    break
                phase = reply.phase
    except TimeoutError as error:
        raise BrokenOff(phase, is_too_late=True) from error
    except (EOFError, OSError, ValueError) as error:
        raise BrokenOff(phase, is_too_late=False) from error
    if isinstance(reply, wire.Failure):
        raise reply.error()
    return reply, masks


def crashed(broken: BrokenOff) -> EngineCrashed:
    """Return the words for a process that died of a question."""
    doing = "loaded its network" if broken.phase == "loading" else "worked on the image"
    return EngineCrashed(
        f"The annotator's process ended while it {doing}",
        why="a native library crashed or memory ran out; the server's log says which",
        fix="Try again: it is started anew. If it ends again, the memory may be too small for the image",
    )


def _connected(address: str, deadline: float | None) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(None if deadline is None else max(0.01, deadline - time.monotonic()))
        connection.connect(address)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        connection.close()
        raise NobodyThere(address) from error
    except BlockingIOError as error:
        # So many wait in front of us that the door is closed.
        connection.close()
        raise TimeoutError from error
    except OSError:
        connection.close()
        raise
    return connection


def _packed(picture: PictureSource) -> tuple[wire.Picture, wire.Part]:
    if isinstance(picture, Path):
        picture = picture.read_bytes()
    if isinstance(picture, bytes):
        return wire.Picture(size_bytes=len(picture)), picture
    if picture.dtype != "uint8" or picture.ndim != 3 or picture.shape[2] != 3:
        raise ValueError(f"pixels are 8-bit RGB, shape (height, width, 3), got {picture.dtype} {picture.shape}")
    shape_hw = (int(picture.shape[0]), int(picture.shape[1]))
    data = picture.data if picture.flags.c_contiguous else picture.tobytes()
    return wire.Picture(size_bytes=picture.nbytes, pixels_hw=shape_hw), memoryview(data)


def _detections(reply: wire.Found, masks: memoryview) -> list[list[Detection]]:
    from pictograph.geometry.cropped_mask import CroppedMask

    start = 0

    def mask_of(found: wire.FoundMask | None) -> "CroppedMask | None":
        nonlocal start
        if found is None:
            return None
        runs = bytes(masks[start : start + found.size_bytes])
        start += found.size_bytes
        return CroppedMask(runs, found.shape_hw, found.origin_xy)

    return [
        [Detection(each.prompt, each.confidence, each.box_xyxy, mask_of(each.mask)) for each in on_image]
        for on_image in reply.detections
    ]


def _open_here(choice: str, device: str | None) -> Annotator:
    # Late: the registry looks for the libraries of every engine.
    from pictograph_server.engines.annotators.registry import open_annotator

    return open_annotator(choice, device)
