"""What the network is to know, in words: classes with their phrases, groups, and nouns that are never there."""

from dataclasses import dataclass

from pictograph_server.engines.annotators.card import CheckpointCard, KnownClass


@dataclass(frozen=True)
class SignClass:
    """`phrase` is what the engine asks with; `also` are other phrases for the same thing."""

    name: str
    phrase: str
    also: tuple[str, ...]

    @property
    def phrases(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.phrase, *self.also, self.name.replace("_", " "), self.name)))


CLASSES = (
    SignClass("stop_sign", "stop sign", ("stop", "red octagon", "octagonal stop sign", "halt sign")),
    SignClass(
        "yield",
        "yield sign",
        ("yield sign", "give way sign", "give way", "inverted triangle", "red triangle sign"),
    ),
    SignClass(
        "speed_limit",
        "speed limit",
        ("speed limit sign", "maximum speed sign", "speed sign", "speed limit number"),
    ),
    SignClass("no_entry", "no entry", ("no entry sign", "do not enter sign", "do not enter", "wrong way sign")),
    SignClass(
        "pedestrian_crossing",
        "pedestrian crossing",
        ("pedestrian crossing sign", "crosswalk sign", "crosswalk", "zebra crossing sign"),
    ),
    SignClass(
        "priority_road",
        "priority road",
        ("priority road sign", "main road sign", "yellow diamond", "right of way sign"),
    ),
    SignClass(
        "mandatory_direction",
        "mandatory direction",
        ("mandatory direction sign", "turn sign", "direction sign", "arrow sign", "blue arrow"),
    ),
    SignClass("traffic_light", "traffic light", ("traffic signal", "stoplight", "signal light")),
)
CLASS_NAMES = tuple(sign.name for sign in CLASSES)

_EVERY_SIGN = CLASS_NAMES[:7]
GROUPS: dict[str, tuple[str, ...]] = {
    "traffic sign": _EVERY_SIGN,
    "road sign": _EVERY_SIGN,
    "street sign": _EVERY_SIGN,
    "sign": _EVERY_SIGN,
    "blue sign": ("pedestrian_crossing", "mandatory_direction"),
    "round sign": ("speed_limit", "no_entry", "mandatory_direction"),
    "circular sign": ("speed_limit", "no_entry", "mandatory_direction"),
}

# What SAM 3 is asked with when there are exemplar boxes and no phrase.
EXEMPLAR_PHRASE = "visual"

# Nouns for which the right answer is nothing.
# fmt: off
ABSENT_NOUNS = (
    "car", "dog", "tree", "person", "bicycle", "building", "cloud", "banana", "bus", "cat", "road", "house",
    "truck", "horse", "chair", "table", "boat", "train", "airplane", "bird", "sheep", "cow", "elephant", "bear",
    "zebra", "giraffe", "backpack", "umbrella", "handbag", "suitcase", "frisbee", "skis", "ball", "kite", "bottle",
    "cup", "fork", "knife", "spoon", "bowl", "apple", "sandwich", "orange", "broccoli", "carrot", "pizza", "donut",
    "cake", "couch", "plant", "bed", "toilet", "laptop", "mouse", "remote", "keyboard", "phone", "oven", "sink",
    "book", "clock", "vase", "scissors", "toothbrush", "window", "door", "wheel", "face", "hand", "shoe", "hat",
    "flower", "mountain", "river", "bridge", "fence", "motorcycle", "helmet", "rocket", "coffee", "astronaut",
    "billboard", "sky", "grass", "puddle", "bench", "manhole", "pothole", "construction", "cone", "barrier",
    "license plate", "fire hydrant", "parking meter", "trash can", "street lamp", "road marking",
    "construction cone", "brick wall", "potted plant", "sports car", "police car", "delivery van", "utility pole",
)
# fmt: on
# Never asked in training.
UNHEARD_NOUNS = ("guitar", "penguin", "microwave", "skateboard", "wine glass", "teddy bear", "snowboard", "screwdriver")


def checkpoint_card() -> CheckpointCard:
    """Return what goes into the checkpoint's `pictograph.json`: the engine refuses everything else."""
    return CheckpointCard(
        name="pictograph-tiny",
        license="Apache-2.0",
        knows="drawn road signs",
        exclusive=True,
        classes=tuple(KnownClass(name=sign.name, phrase=sign.phrase, also=sign.also) for sign in CLASSES),
        groups=tuple(GROUPS),
    )
