"""A server in a few lines, on the mock network: it keeps images and their status, and does jobs at once."""

import hashlib
import io
import tarfile
from dataclasses import dataclass, field
from typing import Any

from tests.unit.pictograph import wire
from tests.unit.pictograph.wire import API

from pictograph import Client
from pictograph._http.mock import Call, MockApi, Reply


@dataclass
class StoredImage:
    folder: str
    name: str
    sha256: str
    status: str = "new"
    annotations: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def id(self) -> str:
        return f"{self.folder}:{self.name}"


class FakeServer:
    """One dataset. Set `offers_check` and `offers_bundle` to False for a server that knows the three steps only.

    A file whose bytes begin with `bad` is refused; what a batch job finds is one label an image.
    """

    def __init__(self, *, exists: bool = True, offers_check: bool = True, offers_bundle: bool = True) -> None:
        self.api = MockApi()
        self.images: dict[tuple[str, str], StoredImage] = {}
        self.exists = exists
        self.credits = 100
        self.export_names: list[str] = []
        self._uploads: dict[str, bytes] = {}
        on = self.api.on
        on("GET", f"{API}/projects/signs", self._get_project)
        on("POST", f"{API}/projects/", self._create_project)
        on("GET", f"{API}/datasets/by-name/signs", self._get_dataset)
        if offers_check:
            on("POST", f"{API}/images/check", self._check)
        if offers_bundle:
            on("POST", f"{API}/images/bundle", self._bundle)
        on("POST", f"{API}/images/upload-url", self._upload_url)
        on("POST", f"{API}/images/register", self._register)
        on("GET", f"{API}/credits/balance", self._balance)
        on("POST", f"{API}/auto-annotate/batch", self._batch)
        on("GET", f"{API}/auto-annotate/batch/j1", self._job)
        on("POST", f"{API}/exports/", self._export)
        on("POST", f"{API}/training/", {"training_run": wire.run(status="queued")})
        on("GET", f"{API}/training/r1", self._run)
        on("GET", f"{API}/models/m1", {"model": wire.model()})
        self.job: dict[str, Any] = wire.job()
        self.run: dict[str, Any] = wire.run(model_id="m1", current_epoch=2, total_epochs=2, progress=100)

    def client(self) -> Client:
        return Client.over(self.api.transport(max_retries=0))

    def add(self, name: str, *, folder: str = "/", content: bytes = b"", status: str = "new", labels: int = 0) -> None:
        digest = hashlib.sha256(content).hexdigest()
        annotations = [wire.box("old", id=f"a{number}") for number in range(labels)]
        self.images[(folder, name)] = StoredImage(folder, name, digest, status, annotations)

    def made(self, method: str, path: str) -> list[Call]:
        return self.api.made(method, API + path)

    def _get_project(self, call: Call) -> Any:
        return {"project": wire.project()} if self.exists else Reply(404, json={"detail": "no such project"})

    def _create_project(self, call: Call) -> Any:
        self.exists = True
        return {"project": wire.project()}

    def _get_dataset(self, call: Call) -> Any:
        limit, offset = int(str(call.query["images_limit"])), int(str(call.query["images_offset"]))
        page = list(self.images.values())[offset : offset + limit]
        return {
            "dataset": wire.dataset(
                images=[
                    wire.dataset_image(
                        image.id,
                        filename=image.name,
                        status=image.status,
                        annotation_count=len(image.annotations),
                        virtual_folder_path=image.folder,
                    )
                    for image in page
                ]
            )
        }

    def _balance(self, call: Call) -> Any:
        return {"credits_remaining": self.credits}

    def _job(self, call: Call) -> Any:
        return self.job

    def _run(self, call: Call) -> Any:
        return {"training_run": self.run}

    def _check(self, call: Call) -> Any:
        return {
            "states": [
                self._state(item["folder_path"], item["filename"], item["sha256"]) for item in call.json["images"]
            ]
        }

    def _state(self, folder: str, name: str, digest: str) -> str:
        stored = self.images.get((folder, name))
        if stored is None:
            return "absent"
        return "same" if stored.sha256 == digest else "different"

    def _bundle(self, call: Call) -> Any:
        results: list[dict[str, Any]] = []
        with tarfile.open(fileobj=io.BytesIO(call.body)) as archive:
            for entry in archive:
                file = archive.extractfile(entry)
                assert file is not None
                content = file.read()
                folder, _, name = f"/{entry.name}".rpartition("/")
                results.append(self._take(folder or "/", name, content))
        return {"results": results}

    def _take(self, folder: str, name: str, content: bytes) -> dict[str, Any]:
        where = {"folder_path": folder, "filename": name}
        if content.startswith(b"bad"):
            return {**where, "state": "failed", "image_id": None, "reason": "is not an image", "code": "bad_image"}
        state = self._state(folder, name, hashlib.sha256(content).hexdigest())
        if state == "absent":
            self.add(name, folder=folder, content=content)
            state = "created"
        return {**where, "state": state, "image_id": f"{folder}:{name}", "reason": None, "code": None}

    def _upload_url(self, call: Call) -> Any:
        body = call.json
        if (body["folder_path"], body["filename"]) in self.images:
            return Reply(409, json={"detail": f"{body['filename']} already exists"})
        path = f"/put/{len(self.api.calls)}"
        self.api.on("PUT", path, self._put)
        return {"upload_url": f"{self.api.base_url}{path}", "gcs_bucket": "b", "gcs_path": path, "gcs_uri": path}

    def _put(self, call: Call) -> Any:
        self._uploads[call.path] = call.body
        return Reply(200)

    def _register(self, call: Call) -> Any:
        form = call.form
        result = self._take(form["folder_path"], form["filename"], self._uploads[form["gcs_path"]])
        if result["state"] == "failed":
            return Reply(422, json={"detail": result["reason"], "code": result["code"], "fix": "Send an image."})
        self.api.on("GET", f"{API}/images/new/metadata", {"image": wire.image()})
        return {"image_id": "new"}

    def _batch(self, call: Call) -> Any:
        body = call.json
        for image in self.images.values():
            if image.id in body["image_ids"]:
                image.annotations.append(wire.box())
                image.status = "review" if body.get("review") else "complete"
        count = len(body["image_ids"])
        self.job = wire.job(processed_images=count, total_annotations_added=count)
        return wire.job("pending")

    def _export(self, call: Call) -> Any:
        name = call.json["name"]
        if name in self.export_names:
            return Reply(409, json={"detail": f"An export {name} already exists"})
        self.export_names.append(name)
        self.api.on("GET", f"{API}/exports/signs/{name}", {"export": wire.export(name)})
        return {"export": wire.export(name, status="pending")}
