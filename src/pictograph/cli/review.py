"""`pictograph review`: share the images of a review among people, and see how far they are."""

from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command
from pictograph.models.review import ReviewOrder

app = typer.Typer(no_args_is_help=True, help="Images that wait for a person: shared, ordered, counted.")

Dataset = Annotated[str, typer.Argument(help="Name of the dataset.")]


@api_command(app, "progress")
def show_progress(session: Session, dataset: Dataset) -> None:
    """Show how far a review is, person by person."""
    found = session.client.review.progress(dataset)
    if session.as_json:
        session.json(found)
        return
    session.note(
        f"{found.in_review} images wait, {found.assigned} of them are somebody's; {found.complete} are complete"
    )
    session.table(
        found.people,
        {
            "Person": lambda person: person.reviewer_name,
            "Assigned": lambda person: person.assigned,
            "Accepted": lambda person: person.accepted,
            "Fixed": lambda person: person.fixed,
            "Rejected": lambda person: person.rejected,
        },
    )


@api_command(app, "share")
def share_images(
    session: Session,
    dataset: Dataset,
    people: Annotated[list[str], typer.Argument(help="E-mail addresses or user ids, or me.")],
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="So many of the first; else all.")] = None,
    order: Annotated[ReviewOrder, typer.Option(help="Which come first.")] = "least_confident",
    class_name: Annotated[str | None, typer.Option("--class", help="Only images with this class.")] = None,
) -> None:
    """Deal out images in review that are nobody's, one each in turn."""
    session.record(session.client.review.share(dataset, people, limit=limit, order=order, class_name=class_name))


@api_command(app, "unassign")
def unassign_images(
    session: Session,
    dataset: Dataset,
    person: Annotated[str | None, typer.Option(help="Only those of this person.")] = None,
) -> None:
    """Make images nobody's again."""
    count = session.client.review.unassign(dataset, assignee=person)
    session.line(f"{count} images are nobody's again", {"count": count})


@api_command(app, "disagreement")
def measure_disagreement(
    session: Session,
    dataset: Dataset,
    model: Annotated[str | None, typer.Option(help="Id of a model, which is asked about every image.")] = None,
    source: Annotated[
        str | None, typer.Option(help="people, machine, an engine, batch:<job id> or dataset:<name>.")
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="Number, name or id of a version of the dataset, or latest.")
    ] = None,
    confidence: Annotated[float | None, typer.Option(min=0, max=1, help="Least confidence of the answers.")] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait.")] = 3600.0,
) -> None:
    """Measure how far each image's annotations are from what a model, another source or a version says."""
    session.record(
        session.client.review.measure_disagreement(
            dataset, model=model, source=source, version=version, confidence=confidence, timeout=timeout
        )
    )
