"""What `pictograph doctor` looks at by itself."""

from typing import get_args

from pictograph.cli.doctor import look_at_trainers
from pictograph.models.training import PipelineType


def test_look_at_trainers__all_six_and_what_they_lack() -> None:
    states = look_at_trainers()
    assert {each.name for each in states} == set(get_args(PipelineType))
    assert [each.name for each in states if not each.is_available and not (each.why_not and each.fix)] == []
