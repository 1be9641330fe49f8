"""Datasets that are somewhere else."""

from typing import Annotated, Any

from pydantic import Field

from pictograph.agents.descriptor import describe
from pictograph.client import Client
from pictograph.models.connector import ConnectorProvider

Provider = Annotated[ConnectorProvider, Field(description="Where the datasets are now.")]
ProviderKey = Annotated[str, Field(description="The user's API key there. It is not kept.")]


def validate_connector(client: Client, provider: Provider, api_key: ProviderKey) -> Any:
    """Use to see whether a key of another platform works, and which datasets it opens."""
    return client.connectors.validate(provider, api_key)


def import_from_connector(
    client: Client,
    provider: Provider,
    api_key: ProviderKey,
    datasets: Annotated[
        list[dict[str, Any]], Field(min_length=1, description="Some of those that validate_connector listed.")
    ],
) -> Any:
    """Use to bring datasets of another platform here, with their annotations, and wait until they are."""
    return client.connectors.import_(provider, api_key, datasets)


TOOLS = (
    describe(validate_connector, "member", idempotent=True),
    describe(import_from_connector, "member"),
)
