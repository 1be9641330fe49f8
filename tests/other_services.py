"""V7 and Roboflow as tests meet them: answers in the shapes of their public APIs, served by a stand-in.

Shapes: https://docs.v7labs.com/reference and Darwin JSON 2.0; https://docs.roboflow.com/developer/rest-api.
"""

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any

from tests.factories import jpeg
from tests.http_stand_in import Asked, Said, StandIn

KEY = "secret.Key-of-theirs_123"
Json = dict[str, Any]
RING = [{"x": 2.0, "y": 2.0}, {"x": 40.5, "y": 2.0}, {"x": 40.5, "y": 30.0}, {"x": 2.0, "y": 30.0}]
HOLE = [{"x": 10.0, "y": 10.0}, {"x": 20.0, "y": 10.0}, {"x": 20.0, "y": 20.0}, {"x": 10.0, "y": 20.0}]
APART = [{"x": 45.0, "y": 35.0}, {"x": 60.0, "y": 35.0}, {"x": 60.0, "y": 45.0}]


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


# --- V7 ----------------------------------------------------------------------------------------------------------


@dataclass
class V7Team:
    """A team with one dataset, `signs`. An export is ready after `looks` looks."""

    service: StandIn
    items: dict[str, tuple[list[Json], bytes]] = field(default_factory=dict[str, tuple[list[Json], bytes]])
    looks: int = 1
    exports: list[Json] = field(default_factory=list[Json])
    may_export: bool = True
    fetched: list[str] = field(default_factory=list[str])

    def serve(self) -> None:
        on = self.service.on
        on(
            "GET",
            "/api/users/token_info",
            self._checked(Said(json={"selected_team": {"name": "Team One", "slug": "one"}})),
        )
        datasets = [{"id": 17, "name": "Signs / day", "slug": "signs", "num_images": len(self.items), "progress": 0.5}]
        on("GET", "/api/datasets", self._checked(Said(json=datasets)))
        on("GET", "/api/v2/teams/one/datasets/signs/exports", self._list)
        on("POST", "/api/v2/teams/one/datasets/signs/exports", self._make)
        on("GET", "/storage/export.zip", lambda _asked: Said(content=self._export()))
        for name, (_, data) in self.items.items():
            on("GET", f"/api/v2/teams/one/uploads/{name}", self._redirected(name))
            on("GET", f"/storage/{name}", self._stored(name, data))

    def _checked(self, said: Said) -> Any:
        def answer(asked: Asked) -> Said:
            if asked.headers.get("authorization") != f"ApiKey {KEY}":
                return Said(401, json={"errors": {"code": "UNAUTHORIZED", "message": "Unauthorized"}})
            return said

        return answer

    def _list(self, asked: Asked) -> Said:
        for export in self.exports:
            if export["status"] == "pending" and export["looks"] <= 0:
                export |= {
                    "status": "complete",
                    "download_url": f"{self.service.url}/storage/export.zip",
                    "latest": True,
                }
            export["looks"] -= 1
        return self._checked(Said(json=self.exports))(asked)

    def _make(self, asked: Asked) -> Said:
        if not self.may_export:
            return Said(403, json={"errors": {"code": "FORBIDDEN", "message": "the key may not export"}})
        made = json.loads(asked.body)
        assert made["format"] == "darwin_json_2"
        self.exports.append(export_of(made["name"], looks=self.looks, version=len(self.exports) + 1))
        return Said(200, json=self.exports[-1])

    def _redirected(self, name: str) -> Any:
        return self._checked(Said(302, headers={"Location": f"{self.service.url}/storage/{name}"}))

    def _stored(self, name: str, data: bytes) -> Any:
        def answer(_asked: Asked) -> Said:
            self.fetched.append(name)
            return Said(content=data)

        return answer

    def _export(self) -> bytes:
        return packed(
            {
                f"{name}.json": json.dumps(darwin(name, annotations, self.service.url)).encode()
                for name, (annotations, _) in self.items.items()
            }
        )


def export_of(name: str, *, looks: int, version: int = 1, url: str | None = None) -> Json:
    return {
        "name": name,
        "version": version,
        "status": "complete" if url else "pending",
        "download_url": url,
        "format": "darwin_json_2",
        "latest": bool(url),
        "inserted_at": "2026-01-02T03:04:05Z",
        "metadata": {"num_images": 1, "annotation_classes": []},
        "looks": looks,
    }


def darwin(name: str, annotations: list[Json], url: str, *, kind: str = "image") -> Json:
    """Return a document as V7 exports it."""
    return {
        "version": "2.0",
        "schema_ref": "https://darwin-public.s3.eu-west-1.amazonaws.com/darwin_json/2.0/schema.json",
        "item": {
            "name": name,
            "path": "/day/one",
            "source_info": {"item_id": "0192", "team": {"name": "Team One", "slug": "one"}},
            "slots": [
                {
                    "type": kind,
                    "slot_name": "0",
                    "width": 64,
                    "height": 48,
                    "source_files": [{"file_name": name, "url": f"{url}/api/v2/teams/one/uploads/{name}"}],
                }
            ],
        },
        "annotations": annotations,
    }


V7_ANNOTATIONS: list[Json] = [
    {"id": "a1", "name": "stop", "slot_names": ["0"], "bounding_box": {"x": 1.5, "y": 2.25, "w": 10.0, "h": 8.0}},
    {
        "id": "a2",
        "name": "yield",
        "slot_names": ["0"],
        "bounding_box": {"x": 2.0, "y": 2.0, "w": 58.0, "h": 43.0},
        "polygon": {"paths": [RING, HOLE, APART]},
    },
    {"id": "a3", "name": "edge", "slot_names": ["0"], "line": {"path": [{"x": 0.0, "y": 1.0}, {"x": 9.0, "y": 9.5}]}},
    {"id": "a4", "name": "tip", "slot_names": ["0"], "keypoint": {"x": 3.5, "y": 4.5}},
    {"id": "a5", "name": "night", "slot_names": ["0"], "tag": {}},
    {"id": "a6", "name": "pole", "slot_names": ["0"], "skeleton": {"nodes": []}},
]


def v7_items(count: int = 3) -> dict[str, tuple[list[Json], bytes]]:
    """Return images of which the first is annotated."""
    return {
        f"{number}.jpg": (V7_ANNOTATIONS if number == 0 else [], jpeg(64, 48, seed=number)) for number in range(count)
    }


# --- Roboflow ----------------------------------------------------------------------------------------------------


@dataclass
class RoboflowWorkspace:
    """A workspace with one project, `chess`, of images (name, annotation, bytes), and version 2 of it."""

    service: StandIn
    images: list[tuple[str, Json, bytes]] = field(default_factory=list[tuple[str, Json, bytes]])
    kind: str = "object-detection"
    version_zip: bytes = b""
    looks: int = 1
    fetched: list[str] = field(default_factory=list[str])

    def serve(self) -> None:
        on = self.service.on
        project = {"id": "space/chess", "name": "Chess", "type": self.kind, "images": len(self.images), "versions": 2}
        on("GET", "/", self._checked(Said(json={"welcome": "Welcome", "workspace": "space"})))
        on(
            "GET",
            "/space",
            self._checked(Said(json={"workspace": {"name": "Space", "url": "space", "projects": [project]}})),
        )
        on("GET", "/space/chess", self._checked(Said(json={"workspace": {}, "project": project, "versions": []})))
        on("POST", "/space/chess/search", self._search)
        on("GET", "/space/chess/2/coco", self._packed)
        on("GET", "/ds/version.zip", lambda _asked: Said(content=self.version_zip))
        for number, (name, annotation, data) in enumerate(self.images):
            image = {
                "id": f"id{number:03}",
                "name": name,
                "annotation": annotation,
                "labels": [],
                "split": "train",
                "urls": {"original": f"{self.service.url}/source/{number}.jpg", "thumb": "", "annotation": ""},
            }
            on("GET", f"/space/chess/images/id{number:03}", self._checked(Said(json={"image": image})))
            on("GET", f"/source/{number}.jpg", self._source(number, data))

    def _checked(self, said: Said) -> Any:
        def answer(asked: Asked) -> Said:
            if asked.query.get("api_key") != [KEY]:
                message = f"This API key does not exist (or has been revoked): {asked.query.get('api_key')}"
                return Said(401, json={"error": {"message": message, "type": "OAuthException"}})
            return said

        return answer

    def _search(self, asked: Asked) -> Said:
        page = json.loads(asked.body)
        first, end = page["offset"], page["offset"] + min(page["limit"], 2)
        found = [{"id": f"id{number:03}", "name": name} for number, (name, *_) in enumerate(self.images)]
        return self._checked(Said(json={"offset": first, "total": len(found), "results": found[first:end]}))(asked)

    def _packed(self, asked: Asked) -> Said:
        self.looks -= 1
        if self.looks >= 0:
            return self._checked(Said(202, json={"progress": 0.5}))(asked)
        link = f"{self.service.url}/ds/version.zip"
        return self._checked(Said(json={"export": {"format": "coco", "link": link, "size": 1.0}, "version": {}}))(asked)

    def _source(self, number: int, data: bytes) -> Any:
        def answer(_asked: Asked) -> Said:
            self.fetched.append(str(number))
            return Said(content=data)

        return answer


# Drawn on a picture twice as large as the one that is stored; numbers as text, as older projects have them.
ROBOFLOW_ANNOTATION: Json = {
    "key": "0.json",
    "width": 128,
    "height": 96,
    "boxes": [
        {"label": "king", "x": "20", "y": "16", "width": "20", "height": "16"},
        {
            "label": "queen",
            "type": "polygon",
            "x": 60,
            "y": 60,
            "width": 40,
            "height": 40,
            "points": [[40, 40], [80, 40], [80, 80]],
        },
    ],
}


def roboflow_version() -> bytes:
    """Return version 2 as a ZIP: COCO per split, with the category 0 that Roboflow adds."""
    document = {
        "info": {"year": "2026", "version": "2"},
        "licenses": [{"id": 1, "url": "", "name": "CC"}],
        "categories": [
            {"id": 0, "name": "pieces", "supercategory": "none"},
            {"id": 1, "name": "king", "supercategory": "pieces"},
        ],
        "images": [
            {"id": 0, "license": 1, "file_name": "a_jpg.rf.1f.jpg", "height": 48, "width": 64, "date_captured": "2026"},
            {"id": 1, "license": 1, "file_name": "b_jpg.rf.2e.jpg", "height": 48, "width": 64, "date_captured": "2026"},
        ],
        "annotations": [
            {
                "id": 0,
                "image_id": 0,
                "category_id": 1,
                "bbox": [4, 5, 10.5, 8],
                "area": 84,
                "segmentation": [],
                "iscrowd": 0,
            }
        ],
    }
    return packed(
        {
            "README.roboflow.txt": b"chess - v2",
            "train/_annotations.coco.json": json.dumps(document).encode(),
            "train/a_jpg.rf.1f.jpg": jpeg(64, 48, seed=1),
            "train/b_jpg.rf.2e.jpg": jpeg(64, 48, seed=2),
        }
    )
