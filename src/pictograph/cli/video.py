"""`pictograph video`: turn a video into images of a dataset."""

from pathlib import Path
from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command

app = typer.Typer(no_args_is_help=True, help="Videos into images of a dataset.")

JobId = Annotated[str, typer.Argument(help="Id of the extraction.")]


@api_command(app, "upload")
def upload_video(session: Session, file: Annotated[Path, typer.Argument(help="The video.")]) -> None:
    """Send a video and show what it is. `extract` takes the path it prints."""
    ticket = session.client.video.upload(file)
    session.record({"path": ticket.gcs_path, **session.client.video.probe(ticket.gcs_path).model_dump()})


@api_command(app, "extract")
def extract_frames(
    session: Session,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    video: Annotated[str, typer.Argument(help="A video file, or the path that `upload` printed.")],
    folder: Annotated[
        str | None, typer.Option("--folder", "-f", help="Folder for the frames; the file's name.")
    ] = None,
    parent: Annotated[str, typer.Option(help="Folder inside which it is.")] = "/",
    fps: Annotated[float, typer.Option(min=0.0001, max=1000, help="Frames for each second of the video.")] = 1.0,
    start: Annotated[float | None, typer.Option(min=0, help="Second to begin at.")] = None,
    end: Annotated[float | None, typer.Option(min=0, help="Second to end before.")] = None,
    keep: Annotated[bool, typer.Option(help="Keep the video for another extraction.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until it is done.")] = True,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait.")] = 1800.0,
) -> None:
    """Save frames of a video as images of a folder. A file is sent first."""
    path = Path(video).expanduser()
    is_sent = video.startswith("videos/") and not path.exists()
    session.record(
        session.client.video.extract_frames(
            dataset,
            video if is_sent else session.client.video.upload(path).gcs_path,
            folder_name=folder or path.stem,
            sample_fps=fps,
            parent_folder_path=parent,
            wait=wait,
            timeout=timeout,
            start_seconds=start,
            end_seconds=end,
            keep_video=keep or None,
        )
    )


@api_command(app, "status")
def show_extraction(session: Session, job_id: JobId) -> None:
    """Show how an extraction stands."""
    session.record(session.client.video.get_extraction(job_id))


@api_command(app, "cancel")
def cancel_extraction(session: Session, job_id: JobId) -> None:
    """Stop an extraction. The images it has made stay."""
    session.record(session.client.video.cancel_extraction(job_id))
