"""What an engine can fail with. The services translate these for the person who asked."""


class EngineError(Exception):
    """Base of the errors an engine raises on purpose: what, why, and what to do next."""

    def __init__(self, what: str, *, why: str | None = None, fix: str | None = None) -> None:
        self.what = what
        self.why = why
        self.fix = fix
        text = f"{what}: {why}" if why else what
        super().__init__(f"{text}. {fix}" if fix else text)


class EngineUnavailable(EngineError):
    """The engine cannot run here: a package, weights, or access to them is missing."""


class EngineBusy(EngineError):
    """The engine is still loading or at other work: the same question may be answered a moment later."""


class EngineCrashed(EngineError):
    """The engine's process died while it worked: of one image alone twice (then it is the image), of several once.

    Several images may go through one by one; the next question starts the process anew.
    """


class UnknownClasses(EngineError):
    """The checkpoint does not know some of the classes it was asked for (only the demo checkpoint is so narrow)."""


class BadTrainingData(EngineError):
    """The dataset cannot be trained on: empty, or without the shapes the pipeline needs."""


class UnknownEngine(EngineError):
    """No engine has that name; the words list those there are."""


class BadConfig(EngineError):
    """Settings of an engine that it does not have or cannot use; the words say which are allowed."""


class TrainingDiverged(EngineError):
    """The loss is no longer a number: the run cannot get better."""


class Cancelled(Exception):
    """The person or program that started the work asked for it to stop."""
