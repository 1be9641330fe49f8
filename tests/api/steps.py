"""Steps that the tests of the API share, as a client takes them."""

from collections.abc import Mapping
from typing import Any

from fastapi.testclient import TestClient
from tests.factories import tar_of

API = "/api/v1/developer"
Json = dict[str, Any]


def create_project(client: TestClient, name: str = "signs", **options: object) -> Json:
    response = client.post(f"{API}/projects/", json={"name": name, **options})
    assert response.status_code == 201, response.text
    return response.json()["project"]


def upload_bundle(client: TestClient, dataset_id: str, members: Mapping[str, bytes]) -> list[Json]:
    response = client.post(
        f"{API}/images/bundle",
        params={"dataset_id": dataset_id},
        content=tar_of(members),
        headers={"Content-Type": "application/x-tar"},
    )
    assert response.status_code == 200, response.text
    return response.json()["results"]


def upload_in_three_steps(
    client: TestClient, dataset_id: str, filename: str, data: bytes, *, folder_path: str = "/"
) -> Any:
    """Do what the hosted client does and return the answer of the last step that was taken."""
    response = client.post(
        f"{API}/images/upload-url",
        json={
            "dataset_id": dataset_id, "filename": filename, "folder_path": folder_path, "content_type": "image/jpeg",
        },
    )  # fmt: skip
    if response.status_code != 200:
        return response
    ticket = response.json()
    # The signed address is called by another agent, without the key.
    put = client.put(ticket["upload_url"], content=data, headers={"X-API-Key": "", "Content-Type": "image/jpeg"})
    if put.status_code != 200:
        return put
    return register(client, dataset_id, filename, ticket, folder_path=folder_path, size=len(data))


def register(
    client: TestClient, dataset_id: str, filename: str, ticket: Json, *, folder_path: str = "/", size: int = 1
) -> Any:
    return client.post(
        f"{API}/images/register",
        data={
            "dataset_id": dataset_id,
            "filename": filename,
            "gcs_bucket": ticket["gcs_bucket"],
            "gcs_path": ticket["gcs_path"],
            "gcs_uri": ticket["gcs_uri"],
            "folder_path": folder_path,
            "mime_type": "image/jpeg",
            "file_size": str(size),
            "image_width": "",
            "image_height": "",
        },
    )


def dataset(client: TestClient, name: str = "signs", **query: object) -> Json:
    response = client.get(f"{API}/datasets/by-name/{name}", params={key: str(value) for key, value in query.items()})
    assert response.status_code == 200, response.text
    return response.json()["dataset"]
