"""Archives on their way to the server in parts: cut off, sent again, too large, too many, refused."""

import hashlib
from pathlib import Path

import pytest
from httpx2 import Response
from tests.api.jobs.imports.packing import content
from tests.api.jobs.workplace import D, Workplace
from tests.conftest import MakeClient, make_api_key, make_organization

from pictograph import Client
from pictograph.exceptions import ConflictError
from pictograph_server.services.imports.parts import part_key
from pictograph_server.services.imports.uploads import MOST_OPEN
from pictograph_server.storage.db.tables import organizations


def test_upload__goes_on_behind_the_parts_that_arrived(client: Client, importing: Workplace, many: Path) -> None:
    stop_after = [2]

    def cut_short(completed: int, total: int, stage: str) -> None:
        stop_after[0] -= 1
        if not stop_after[0]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.imports.send("signs", many, part_bytes=65_536, max_workers=1, progress=cut_short)
    [begun] = client.imports.list()
    arrived = {part.number for part in client.imports.get(begun.id).parts}
    assert begun.part_count == 5 and 2 <= len(arrived) < 5
    with pytest.raises(ConflictError, match="parts have not arrived"):
        client.imports.plan(begun.id)
    for part in client.imports.get(begun.id).parts:
        # Sent again, it would come back.
        importing.platform.blobs.delete(part_key(begun.id, part.number))
    assert client.imports.send("signs", many, part_bytes=65_536).id == begun.id
    here = {number for number in range(5) if importing.platform.blobs.exists(part_key(begun.id, number))}
    assert here == set(range(5)) - arrived


def test_upload__in_many_parts_is_what_was_sent(client: Client, many: Path) -> None:
    sent = client.imports.send("signs", many, part_bytes=65_536)
    done = client.imports.start(client.imports.plan(sent.id).id)
    assert done.status == "completed" and len(content(client)) == 9


def test_upload__nothing_is_left_of_it(client: Client, importing: Workplace, many: Path) -> None:
    client.datasets.import_("signs", many)
    importing.run_lane("import")
    staging = importing.platform.settings.data_dir / "blobs" / "staging"
    assert [path for path in staging.rglob("*") if path.is_file()] == []


def test_upload__the_same_files_asked_for_otherwise_are_not_sent_again(client: Client, many: Path) -> None:
    first = client.datasets.import_("signs", many, dry_run=True)
    second = client.imports.send("signs", many, merge="replace", folder_path="/below")
    assert (second.id, second.status, second.merge) == (first.id, "uploading", "replace")
    assert len(second.parts) == first.part_count
    assert client.imports.plan(second.id).status == "planned"


@pytest.mark.parametrize(
    ("number", "data", "sha256", "status", "words"),
    [
        pytest.param(0, b"x" * 9, None, 400, "should have", id="too short"),
        pytest.param(0, b"x" * 70_000, None, 413, "too large", id="too long"),
        pytest.param(0, b"x" * 65_536, "0" * 64, 400, "hash", id="other bytes"),
        pytest.param(5, b"x" * 65_536, None, 400, "0 to 4", id="no such part"),
        pytest.param(-1, b"x", None, 400, "0 to 4", id="negative"),
        pytest.param(0, b"x", "no hash", 422, "sha256", id="malformed hash"),
    ],
)
def test_put_part__refused(
    client: Client, importing: Workplace, number: int, data: bytes, sha256: str | None, status: int, words: str
) -> None:
    body = {"dataset_name": "signs", "filename": "x.zip", "size_bytes": 300_000, "fingerprint": "f"}
    begun = importing.post("/imports/", body | {"part_bytes": 65_536}).json()["dataset_import"]
    answer = importing.client.put(
        f"{D}/imports/{begun['id']}/parts/{number}",
        params={"sha256": sha256 or hashlib.sha256(data).hexdigest()},
        content=data,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == status and words in answer.text


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        pytest.param({"size_bytes": 10**15}, 413, "100,000,000,000", id="too large"),
        pytest.param({"format": "kitti"}, 422, "pascal_voc", id="unknown format"),
        pytest.param({"merge": "guess"}, 422, "keep", id="unknown rule"),
        pytest.param({"dataset_name": "a/b"}, 422, "'/'", id="bad name"),
        pytest.param({"folder_path": "/../x"}, 422, "..", id="bad folder"),
        pytest.param({"create_if_missing": False}, 404, "signs", id="no dataset"),
        pytest.param({"size_bytes": 0}, 422, "size_bytes", id="empty"),
    ],
)
def test_create_import__refused(importing: Workplace, body: dict[str, object], status: int, words: str) -> None:
    whole = {"dataset_name": "signs", "filename": "x.zip", "size_bytes": 9, "fingerprint": "f", **body}
    answer = importing.post("/imports/", whole)
    assert answer.status_code == status and words in answer.text


def _begin(importing: Workplace, name: str, size_bytes: int = 1000) -> Response:
    body = {"dataset_name": name, "filename": "x.zip", "size_bytes": size_bytes, "fingerprint": "f"}
    return importing.post("/imports/", body)


def test_create_import__archives_of_open_imports_take_room(importing: Workplace):
    with importing.platform.db.write() as conn:
        conn.execute(organizations.update().values(max_storage_bytes=1500))
    first = _begin(importing, "a").json()["dataset_import"]
    refused = _begin(importing, "b")
    assert refused.status_code == 402 and "cancel" in refused.json()["fix"].lower()
    # The same one again is no second one.
    assert _begin(importing, "a").json()["dataset_import"]["id"] == first["id"]
    importing.post(f"/imports/{first['id']}/cancel")
    assert _begin(importing, "b").status_code == 201


def test_create_import__so_many_may_be_open(importing: Workplace):
    begun = [_begin(importing, f"set {number}") for number in range(MOST_OPEN)]
    refused = _begin(importing, "one more")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_imports")
    importing.post(f"/imports/{begun[0].json()['dataset_import']['id']}/cancel")
    assert _begin(importing, "one more").status_code == 201


def test_import__of_another_organisation_is_404(
    client: Client, importing: Workplace, make_client: MakeClient, many: Path
):
    sent = client.imports.send("signs", many)
    stranger = make_client(make_api_key(importing.platform, make_organization(importing.platform, "Other")))
    for method, path in (("GET", ""), ("POST", "/plan"), ("POST", "/start"), ("POST", "/cancel")):
        assert stranger.request(method, f"{D}/imports/{sent.id}{path}").status_code == 404
    part = f"{D}/imports/{sent.id}/parts/0?sha256={'0' * 64}"
    assert stranger.put(part, content=b"x", headers={"Content-Type": "application/octet-stream"}).status_code == 404
    assert stranger.get(f"{D}/imports/").json() == {"imports": []}


# --- archives that are not as they should be ---
