"""`pictograph jobs`: what the server does in the background."""

from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command
from pictograph.models.job import JobState

app = typer.Typer(no_args_is_help=True, help="What the server does in the background, of every kind.")

JobId = Annotated[str, typer.Argument(help="Id of the job.")]


@api_command(app, "list")
def list_jobs(
    session: Session,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only of this kind: annotate, train, export … Repeatable.")
    ] = None,
    state: Annotated[JobState | None, typer.Option(help="Only in this state.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Only of this dataset.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only what you asked for.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 50,
) -> None:
    """List jobs, newest first."""
    found = session.client.jobs.iter(
        kind=kind, state=state, dataset_name=dataset, mine=mine, page_size=min(limit, 200), max_total=limit
    )
    session.table(
        list(found),
        {
            "Job": lambda job: job.title,
            "State": lambda job: "cancelling" if job.is_cancelling else job.state,
            "Progress": lambda job: f"{job.progress} %",
            "Dataset": lambda job: job.dataset_name,
            "By": lambda job: job.created_by_name,
            "Id": lambda job: job.id,
            # What ended an earlier try of a job that goes on is no error of the job.
            "Error": lambda job: job.error if job.state == "failed" else None,
        },
    )


@api_command(app, "get")
def get_job(session: Session, job_id: JobId) -> None:
    """Show one job."""
    session.record(session.client.jobs.get(job_id))


@api_command(app, "wait")
def wait_for_job(
    session: Session,
    job_id: JobId,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait.")] = 7200.0,
) -> None:
    """Wait for a job to end."""
    session.record(session.client.jobs.wait(job_id, timeout=timeout))


@api_command(app, "cancel")
def cancel_job(session: Session, job_id: JobId) -> None:
    """Stop a job. What it has done stays."""
    session.record(session.client.jobs.cancel(job_id))
