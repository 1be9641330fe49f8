"""Every kind of job there is, by name."""

from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.services.annotations import tasks as annotations
from pictograph_server.services.auto_annotation import tasks as auto_annotation
from pictograph_server.services.batch import tasks as batch
from pictograph_server.services.connectors import tasks as connectors
from pictograph_server.services.evaluations import tasks as evaluations
from pictograph_server.services.exports import tasks as exports
from pictograph_server.services.images import tasks as images
from pictograph_server.services.imports import tasks as imports
from pictograph_server.services.review import tasks as review
from pictograph_server.services.statistics import tasks as statistics
from pictograph_server.services.training import tasks as training
from pictograph_server.services.versions import tasks as versions
from pictograph_server.services.videos import tasks as videos


def all_tasks(platform: Platform) -> dict[str, Task]:
    """Return the tasks of all services. Loads no network: engines are opened when a job needs one."""
    services = (
        images,
        annotations,
        batch,
        statistics,
        auto_annotation,
        exports,
        imports,
        training,
        evaluations,
        review,
        videos,
        versions,
        connectors,
    )
    return {task.name: task for service in services for task in service.tasks(platform)}
