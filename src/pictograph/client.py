"""The client: one connection pool, and a resource for each noun."""

from types import TracebackType

from pictograph._http.transport import Transport
from pictograph._internal.config import resolve_config
from pictograph.resources.annotations import Annotations
from pictograph.resources.api_keys import ApiKeys
from pictograph.resources.auto_annotate import AutoAnnotate
from pictograph.resources.batch import Batch
from pictograph.resources.connectors import Connectors
from pictograph.resources.credits import Credits
from pictograph.resources.datasets import Datasets
from pictograph.resources.exports import Exports
from pictograph.resources.images import Images
from pictograph.resources.imports import Imports
from pictograph.resources.jobs import Jobs
from pictograph.resources.models import Models
from pictograph.resources.organizations import Organizations
from pictograph.resources.pipelines import Pipelines
from pictograph.resources.projects import Projects
from pictograph.resources.review import Review
from pictograph.resources.search import Search
from pictograph.resources.training import Training
from pictograph.resources.versions import Versions
from pictograph.resources.video import Video


class Client:
    """Talk to a Pictograph server. Safe to share between threads; a context manager that closes its connections.

    Settings that are not given come from PICTOGRAPH_API_KEY, PICTOGRAPH_BASE_URL, PICTOGRAPH_TIMEOUT (seconds, for
    each request) and PICTOGRAPH_MAX_RETRIES, then from `~/.pictograph/config.toml`, which `pictograph up` and
    `pictograph login` write, then from defaults: http://127.0.0.1:8000, 30 s, 3 retries.

    Raises:
        ConfigurationError: there is no API key.
        pydantic.ValidationError: a setting cannot be used.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
    ) -> None:
        self._connect(
            Transport(resolve_config(api_key=api_key, base_url=base_url, timeout=timeout, max_retries=max_retries))
        )

    @classmethod
    def over(cls, transport: Transport) -> "Client":
        """Return a client that speaks over a given transport: a test's, or one with a network of your own."""
        client = cls.__new__(cls)
        client._connect(transport)
        return client

    def _connect(self, transport: Transport) -> None:
        self._transport = transport
        self.datasets = Datasets(transport)
        self.images = Images(transport)
        self.imports = Imports(transport)
        self.annotations = Annotations(transport)
        self.exports = Exports(transport)
        self.versions = Versions(transport)
        self.training = Training(transport)
        self.models = Models(transport)
        self.credits = Credits(transport)
        self.organizations = Organizations(transport)
        self.api_keys = ApiKeys(transport)
        self.pipelines = Pipelines(transport)
        self.projects = Projects(transport)
        self.auto_annotate = AutoAnnotate(transport)
        self.batch = Batch(transport)
        self.search = Search(transport)
        self.connectors = Connectors(transport)
        self.review = Review(transport)
        self.jobs = Jobs(transport)
        self.video = Video(transport)

    @property
    def base_url(self) -> str:
        """Where the server is."""
        return self._transport.config.base_url

    def close(self) -> None:
        """Close the connections. Closing again does nothing."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client(base_url={self.base_url!r})"
