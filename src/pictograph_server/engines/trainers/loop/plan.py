"""How long and how fast a run learns. Loads no torch: a config fills it in."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Schedule:
    """The learning rate over a run, as shares of its peak and of its length."""

    warm_up: float = 0.05
    # 1: a straight line, 2: slow at first.
    warm_up_power: float = 1.0
    # After the warm-up a cosine down to `last`, reached at `flat_from`.
    flat_from: float = 1.0
    last: float = 0.05


@dataclass(frozen=True, slots=True)
class LoopPlan:
    """How long and how fast a run learns, every default filled in."""

    epochs: int
    # Images a step. The loop halves it when the GPU's memory is too small, and the learning rate with it.
    batch_size: int
    # The peak, for steps of `batch_size` images.
    learning_rate: float
    seed: int
    schedule: Schedule = field(default=Schedule())
    # Examples of the last part of a run are drawn with `fine=True`: whole pictures, finer losses.
    fine_from: float = 1.0
    # Gradients longer than this are shortened to it.
    most_gradient: float | None = None
    # Measure and keep a moving average of the weights instead of the weights themselves.
    averages: bool = True
    # Stop after so many measurements in a row that were not better than the best.
    patience: int | None = None
    # The card's largest batch is looked for before the first step, up to this; `batch_size` is then a guess.
    largest_batch: int | None = None
