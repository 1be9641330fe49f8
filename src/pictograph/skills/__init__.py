"""Skills for coding agents: folders with a SKILL.md, references and scripts (`pictograph agents install-skill`)."""

from pathlib import Path

_FOLDER = Path(__file__).parent
_MARK = "SKILL.md"


def skill_path(name: str = "pictograph-cv") -> Path:
    """Return the folder of a skill.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    if name not in list_skills():
        raise FileNotFoundError(f"there is no skill {name!r}; there are {', '.join(list_skills())}")
    return _FOLDER / name


def list_skills() -> list[str]:
    """Return the names of the skills in this package."""
    return sorted(folder.parent.name for folder in _FOLDER.glob(f"*/{_MARK}"))
