"""JSON documents as a server sends them, and a client that receives them."""

from typing import Any

from pictograph import Client
from pictograph._http.mock import MockApi

API = "/api/v1/developer"
NOW = "2026-01-02T03:04:05Z"
Document = dict[str, Any]


def client_of(api: MockApi) -> Client:
    return Client.over(api.transport())


def project(name: str = "signs", **more: Any) -> Document:
    return {"id": f"id-{name}", "organization_id": "org", "name": name, "created_at": NOW, **more}


def dataset(name: str = "signs", **more: Any) -> Document:
    return {"id": f"id-{name}", "name": name, "created_at": NOW, **more}


def dataset_image(image_id: str = "i1", **more: Any) -> Document:
    return {"id": image_id, "filename": f"{image_id}.jpg", "status": "new", "created_at": NOW, **more}


def image(image_id: str = "i1", **more: Any) -> Document:
    return {
        "id": image_id,
        "filename": f"{image_id}.jpg",
        "image_url": f"{API}/images/{image_id}",
        "created_at": NOW,
        **more,
    }


def export(name: str = "e1", status: str = "completed", **more: Any) -> Document:
    return {
        "id": f"id-{name}",
        "project_id": "id-signs",
        "dataset_name": "signs",
        "name": name,
        "format": "pictograph",
        "status": status,
        "created_at": NOW,
        **more,
    }


def run(run_id: str = "r1", status: str = "completed", **more: Any) -> Document:
    return {
        "id": run_id,
        "organization_id": "org",
        "name": "run",
        "pipeline_type": "yolox",
        "status": status,
        "created_at": NOW,
        **more,
    }


def model(model_id: str = "m1", **more: Any) -> Document:
    return {
        "id": model_id,
        "organization_id": "org",
        "name": "model",
        "model_type": "object_detection",
        "visibility": "private",
        "status": "ready",
        "created_at": NOW,
        "updated_at": NOW,
        **more,
    }


def job(status: str = "completed", **more: Any) -> Document:
    return {"job_id": "j1", "status": status, **more}


def box(name: str = "stop", **more: Any) -> Document:
    return {"id": f"a-{name}", "name": name, "type": "bbox", "bounding_box": {"x": 1, "y": 2, "w": 3, "h": 4}, **more}
