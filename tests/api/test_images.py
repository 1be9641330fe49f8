"""Images: the three uploads, what is refused and how, bytes, deletion, and the ingest job (contract §6.2)."""

import hashlib
import io
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image as Pillow
from sqlalchemy import func, select, update
from tests.api.steps import API, create_project, dataset, register, upload_bundle, upload_in_three_steps
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization
from tests.factories import InlineRun, UglyFolder, encoded, jpeg, make_ugly_folder, picture, tar_of

from pictograph.models.image import Image
from pictograph_server.platform import Platform
from pictograph_server.services.images.blobs import remove_later
from pictograph_server.services.images.tasks import tasks
from pictograph_server.services.images.uploads import sweep_expired
from pictograph_server.storage.blobs import image_key
from pictograph_server.storage.db import tables


@pytest.fixture
def dataset_id(app_client: TestClient) -> str:
    return create_project(app_client, "signs")["id"]


@pytest.fixture(scope="module")
def ugly(tmp_path_factory: pytest.TempPathFactory) -> UglyFolder:
    return make_ugly_folder(tmp_path_factory.mktemp("ugly"))


def test_three_steps__metadata_is_the_servers_own(app_client: TestClient, dataset_id: str) -> None:
    data = encoded(picture(128, 128), "PNG")
    response = upload_in_three_steps(app_client, dataset_id, "square.png", data, folder_path="/subdir")
    assert response.status_code == 201
    answer = app_client.get(f"{API}/images/{response.json()['image_id']}/metadata").json()["image"]
    image = Image.model_validate(answer)
    assert (image.width, image.height, image.mime_type) == (128, 128, "image/png")
    assert (image.filename, image.virtual_folder_path, image.status) == ("square.png", "/subdir", "new")
    assert image.file_size == len(data)


def test_three_steps__rotated_photo_has_the_size_shown(app_client: TestClient, dataset_id: str) -> None:
    response = upload_in_three_steps(app_client, dataset_id, "photo.jpg", jpeg(80, 40, orientation=6))
    metadata = app_client.get(f"{API}/images/{response.json()['image_id']}/metadata").json()["image"]
    assert (metadata["width"], metadata["height"]) == (40, 80)


def test_three_steps__put_needs_the_signature_and_nothing_else(app_client: TestClient, make_client: MakeClient) -> None:
    project = create_project(app_client, "other")
    ticket = _ticket(app_client, project["id"], "a.jpg")
    stranger = make_client()
    assert stranger.put(ticket["upload_url"] + "x", content=jpeg()).status_code == 403
    put = stranger.put(ticket["upload_url"], content=jpeg())
    assert put.status_code == 200
    assert ticket["upload_url"].startswith("http://testserver/")


def test_three_steps__duplicate_is_refused_before_the_bytes_are_sent(app_client: TestClient, dataset_id: str) -> None:
    assert upload_in_three_steps(app_client, dataset_id, "a.jpg", jpeg()).status_code == 201
    response = app_client.post(f"{API}/images/upload-url", json={"dataset_id": dataset_id, "filename": "a.jpg"})
    assert response.status_code == 409
    assert "already exists" in response.json()["detail"]
    other_folder = upload_in_three_steps(app_client, dataset_id, "a.jpg", jpeg(), folder_path="/b")
    assert other_folder.status_code == 201


def test_three_steps__eight_at_once_make_one(app_client: TestClient, dataset_id: str) -> None:
    def upload(seed: int) -> int:
        return upload_in_three_steps(app_client, dataset_id, "race.jpg", jpeg(seed=seed)).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(upload, range(8)))
    assert sorted(codes) == [201, *[409] * 7]
    assert dataset(app_client)["image_count"] == 1


def test_three_steps__decided_again_when_registering(app_client: TestClient, dataset_id: str) -> None:
    tickets = [_ticket(app_client, dataset_id, "a.jpg") for _ in range(2)]
    for ticket in tickets:
        app_client.put(ticket["upload_url"], content=jpeg())
    codes = [register(app_client, dataset_id, "a.jpg", ticket).status_code for ticket in tickets]
    assert codes == [201, 409]


def test_three_steps__an_orphaned_put_blocks_no_retry(app_client: TestClient, dataset_id: str) -> None:
    app_client.put(_ticket(app_client, dataset_id, "a.jpg")["upload_url"], content=jpeg())
    assert upload_in_three_steps(app_client, dataset_id, "a.jpg", jpeg()).status_code == 201


def test_three_steps__register_without_put_says_so(app_client: TestClient, dataset_id: str) -> None:
    response = register(app_client, dataset_id, "a.jpg", _ticket(app_client, dataset_id, "a.jpg"))
    assert response.status_code == 400
    assert "No bytes have arrived" in response.json()["detail"]


def test_three_steps__a_bad_file_leaves_nothing_behind(
    app_client: TestClient, dataset_id: str, platform: Platform
) -> None:
    response = upload_in_three_steps(app_client, dataset_id, "text.jpg", b"no picture at all")
    assert response.status_code == 415
    assert "text.jpg" in response.json()["detail"]
    assert dataset(app_client)["image_count"] == 0
    with platform.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(tables.uploads)).scalar_one() == 0
    assert not list((platform.settings.data_dir / "blobs").rglob("staging/*"))


def test_three_steps__archived_name_is_free_again(app_client: TestClient, dataset_id: str) -> None:
    first = upload_in_three_steps(app_client, dataset_id, "a.jpg", jpeg(seed=1)).json()["image_id"]
    app_client.delete(f"{API}/images/{first}")
    assert upload_in_three_steps(app_client, dataset_id, "a.jpg", jpeg(seed=2)).status_code == 201


def test_three_steps__expired_uploads_are_swept(app_client: TestClient, dataset_id: str, platform: Platform) -> None:
    ticket = _ticket(app_client, dataset_id, "a.jpg")
    app_client.put(ticket["upload_url"], content=jpeg())
    with platform.db.write() as conn:
        conn.execute(update(tables.uploads).values(expires_at=tables.uploads.c.created_at))
    assert sweep_expired(platform) == 1
    assert register(app_client, dataset_id, "a.jpg", ticket).status_code == 404
    assert not list((platform.settings.data_dir / "blobs").rglob("staging/*"))


def test_three_steps__every_file_of_the_ugly_folder(app_client: TestClient, dataset_id: str, ugly: UglyFolder) -> None:
    refused = {}
    for path in (*ugly.good, *ugly.bad):
        folder, _, filename = path.rpartition("/")
        data = (ugly.path / path).read_bytes()
        response = upload_in_three_steps(app_client, dataset_id, filename, data, folder_path=f"/{folder}")
        if response.status_code != 201:
            refused[path] = (response.status_code, response.json()["detail"])
    assert set(refused) == set(ugly.bad)
    assert all(code in (400, 413, 415) for code, _detail in refused.values())


def test_one_step__multipart(app_client: TestClient, dataset_id: str) -> None:
    response = app_client.post(
        f"{API}/images/upload",
        data={"dataset_id": dataset_id, "folder_path": "a/b/"},
        files={"file": ("x.jpg", jpeg())},
    )
    assert response.status_code == 201
    image = Image.model_validate(response.json()["image"])
    assert (image.filename, image.virtual_folder_path) == ("x.jpg", "/a/b")


def test_bundle__members_in_order_and_a_bad_one_fails_alone(app_client: TestClient, dataset_id: str) -> None:
    members = {"a/1.jpg": jpeg(seed=1), "a/2.jpg": b"text", "3.jpg": jpeg(seed=3)}
    results = upload_bundle(app_client, dataset_id, members)
    assert [result["state"] for result in results] == ["created", "failed", "created"]
    assert results[1]["code"] == "not_an_image"
    assert "2.jpg" in results[1]["reason"]
    assert (results[2]["folder_path"], results[2]["filename"]) == ("/", "3.jpg")
    assert dataset(app_client)["image_count"] == 2


def test_bundle__sent_again_is_the_same(app_client: TestClient, dataset_id: str) -> None:
    (first,) = upload_bundle(app_client, dataset_id, {"a.jpg": jpeg(seed=1)})
    same, different = upload_bundle(app_client, dataset_id, {"a.jpg": jpeg(seed=1), "./a.jpg": jpeg(seed=2)})
    assert (same["state"], same["image_id"]) == ("same", first["image_id"])
    assert (different["state"], different["image_id"]) == ("different", first["image_id"])


def test_bundle__every_file_of_the_ugly_folder(app_client: TestClient, dataset_id: str, ugly: UglyFolder) -> None:
    members = {path: (ugly.path / path).read_bytes() for path in (*ugly.good, *ugly.bad)}
    results = dict(zip(members, upload_bundle(app_client, dataset_id, members), strict=True))
    assert {path for path, result in results.items() if result["state"] == "failed"} == set(ugly.bad)
    assert all(word in results[path]["reason"] for path, word in ugly.bad.items())
    names = {
        f"{image['virtual_folder_path']}/{image['filename']}".lstrip("/")
        for image in dataset(app_client, include_images="true")["images"]
    }
    assert names == set(ugly.good)


@pytest.mark.parametrize(
    "name", ["../up.jpg", "a/../../up.jpg", "/etc/x.jpg", "a\\b.jpg", "a\nb.jpg", "a/./b.jpg", ".."]
)
def test_bundle__names_are_never_trusted(app_client: TestClient, dataset_id: str, name: str) -> None:
    bad, good = upload_bundle(app_client, dataset_id, {name: jpeg(seed=1), "good.jpg": jpeg(seed=2)})
    assert (bad["state"], bad["code"], good["state"]) == ("failed", "invalid_path", "created")


def test_bundle__links_and_raw_names_fail_alone(app_client: TestClient, dataset_id: str) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        link = tarfile.TarInfo("link.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        for name in ("stra\xdfe.jpg", "good.jpg"):
            entry = tarfile.TarInfo(name)
            entry.size = len(jpeg())
            archive.addfile(entry, io.BytesIO(jpeg()))
    response = app_client.post(f"{API}/images/bundle?dataset_id={dataset_id}", content=buffer.getvalue())
    assert [result["code"] for result in response.json()["results"]] == ["bad_member", "invalid_path", None]


@pytest.mark.parametrize("data", [b"no tar", tar_of({"a.jpg": jpeg()})[:2000]], ids=["text", "cut"])
def test_bundle__what_is_no_tar_is_400(app_client: TestClient, dataset_id: str, data: bytes) -> None:
    response = app_client.post(f"{API}/images/bundle?dataset_id={dataset_id}", content=data)
    assert (response.status_code, response.json()["code"]) == (400, "bad_bundle")
    assert dataset(app_client)["image_count"] == 0


def test_bundle__over_quota_fails_what_does_not_fit(
    app_client: TestClient, dataset_id: str, platform: Platform
) -> None:
    _limit(platform, max_images=1)
    first, second = upload_bundle(app_client, dataset_id, {"a.jpg": jpeg(seed=1), "b.jpg": jpeg(seed=2)})
    assert (first["state"], second["state"], second["code"]) == ("created", "failed", "limit_exceeded")


@pytest.mark.parametrize(
    ("limits", "limit_type"), [({"max_images": 0}, "images"), ({"max_storage_bytes": 10}, "storage")]
)
def test_over_quota__is_402_with_nested_detail(
    app_client: TestClient, dataset_id: str, platform: Platform, limits: dict[str, int], limit_type: str
) -> None:
    _limit(platform, **limits)
    response = upload_in_three_steps(app_client, dataset_id, "a.jpg", jpeg())
    assert response.status_code == 402
    detail = response.json()["detail"]
    assert (detail["error"], detail["limit_type"], detail["current"]) == ("limit_exceeded", limit_type, 0)
    assert detail["upgrade_url"]


def test_check__tells_what_is_there(app_client: TestClient, dataset_id: str) -> None:
    upload_bundle(app_client, dataset_id, {"a/1.jpg": jpeg(seed=1), "2.jpg": jpeg(seed=2)})
    files = [
        ("/a", "1.jpg", jpeg(seed=1)),
        ("/", "2.jpg", jpeg(seed=9)),
        ("/", "1.jpg", jpeg(seed=1)),
        # What cannot be stored must not spoil the answer for the others.
        ("/..", "1.jpg", jpeg(seed=1)),
    ]
    entries = [
        {"folder_path": folder, "filename": name, "sha256": hashlib.sha256(data).hexdigest()}
        for folder, name, data in files
    ]
    response = app_client.post(f"{API}/images/check", json={"dataset_id": dataset_id, "images": entries})
    assert response.json() == {"states": ["same", "different", "absent", "absent"]}


def test_get_image__bytes_whatever_accept_says_and_no_redirect(app_client: TestClient, dataset_id: str) -> None:
    (result,) = upload_bundle(app_client, dataset_id, {"a.jpg": jpeg()})
    response = app_client.get(
        f"{API}/images/{result['image_id']}", headers={"Accept": "application/json"}, follow_redirects=False
    )
    assert (response.status_code, response.content) == (200, jpeg())
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]


def test_delete_image__archived_stays_readable_permanent_does_not(
    app_client: TestClient, dataset_id: str, platform: Platform
) -> None:
    (result,) = upload_bundle(app_client, dataset_id, {"a.jpg": jpeg()})
    address = f"{API}/images/{result['image_id']}"
    assert app_client.delete(address).status_code == 200
    assert app_client.get(address).content == jpeg()
    assert app_client.delete(f"{address}?permanent=true").status_code == 200
    assert app_client.get(f"{address}/metadata").status_code == 404
    assert not platform.blobs.exists(image_key(hashlib.sha256(jpeg()).hexdigest()))


def test_delete_image__bytes_shared_with_another_stay(app_client: TestClient, dataset_id: str) -> None:
    one, two = upload_bundle(app_client, dataset_id, {"a.jpg": jpeg(), "b.jpg": jpeg()})
    app_client.delete(f"{API}/images/{one['image_id']}?permanent=true")
    assert app_client.get(f"{API}/images/{two['image_id']}").content == jpeg()


@pytest.mark.parametrize("filename", ["a/b.jpg", "", "..", "a\\b.jpg", "a\x00.jpg", "x" * 401])
def test_upload_url__bad_names_are_422(app_client: TestClient, dataset_id: str, filename: str) -> None:
    response = app_client.post(f"{API}/images/upload-url", json={"dataset_id": dataset_id, "filename": filename})
    assert response.status_code == 422


def test_put__more_bytes_than_allowed_are_413(app_client: TestClient, dataset_id: str, platform: Platform) -> None:
    url = _ticket(app_client, dataset_id, "a.jpg")["upload_url"]
    limit = platform.settings.limits.image_bytes
    chunk = bytes(1_000_000)
    response = app_client.put(url, content=(chunk for _ in range(limit // len(chunk) + 1)))
    assert response.status_code == 413


def test_images__roles_and_other_organization(
    app_client: TestClient, make_client: MakeClient, make_key: MakeKey, platform: Platform, dataset_id: str
) -> None:
    (result,) = upload_bundle(app_client, dataset_id, {"a.jpg": jpeg()})
    address = f"{API}/images/{result['image_id']}"
    viewer = make_client(make_key(role="viewer"))
    assert viewer.get(address).status_code == 200
    assert viewer.delete(address).status_code == 403
    assert viewer.post(f"{API}/images/bundle?dataset_id={dataset_id}", content=b"").status_code == 403
    stranger = make_client(make_api_key(platform, make_organization(platform, "Others"), role="owner"))
    for path in (address, f"{address}/metadata", f"{address}/thumbnail"):
        assert stranger.get(path).status_code == 404
    assert stranger.delete(f"{address}?permanent=true").status_code == 404
    bundle = stranger.post(f"{API}/images/bundle?dataset_id={dataset_id}", content=tar_of({"x.jpg": jpeg()}))
    assert bundle.status_code == 404
    url = stranger.post(f"{API}/images/upload-url", json={"dataset_id": dataset_id, "filename": "x.jpg"})
    assert url.status_code == 404
    ticket = _ticket(app_client, dataset_id, "b.jpg")
    app_client.put(ticket["upload_url"], content=jpeg())
    assert register(stranger, dataset_id, "b.jpg", ticket).status_code == 404


def test_ingest__thumbnail_and_hash(
    app_client: TestClient, dataset_id: str, platform: Platform, organization_id: str, tmp_path: Path
) -> None:
    (result,) = upload_bundle(app_client, dataset_id, {"a.jpg": jpeg(800, 400, orientation=6)})
    address = f"{API}/images/{result['image_id']}"
    assert app_client.get(f"{address}/metadata").json()["image"]["thumbnail_url"] is None
    _ingest(platform, organization_id, dataset_id, tmp_path)
    metadata = app_client.get(f"{address}/metadata").json()["image"]
    for url in (metadata["thumbnail_url"], f"{address}/thumbnail"):
        with Pillow.open(io.BytesIO(app_client.get(url).content)) as thumbnail:
            assert thumbnail.size == (160, 320)
    with platform.db.read() as conn:
        assert len(conn.scalars(select(tables.images.c.dhash)).one() or "") == 16


def test_ingest__unreadable_is_recorded_and_stops_nothing(
    app_client: TestClient, dataset_id: str, platform: Platform, organization_id: str, tmp_path: Path
) -> None:
    upload_bundle(app_client, dataset_id, {"a.jpg": jpeg(seed=1), "b.jpg": jpeg(seed=2)})
    platform.blobs.put(image_key(hashlib.sha256(jpeg(seed=1)).hexdigest()), b"rotten meanwhile")
    for _attempt in range(2):
        _ingest(platform, organization_id, dataset_id, tmp_path)
    columns = tables.images.c
    with platform.db.read() as conn:
        rows = conn.execute(select(columns.has_thumbnail, columns.ingest_error).order_by(columns.filename)).all()
    assert [row.has_thumbnail for row in rows] == [False, True]
    assert rows[0].ingest_error.startswith("UnreadableImage: it is none of JPEG")


def test_ingest__one_waiting_job_for_many_bundles(app_client: TestClient, dataset_id: str, platform: Platform) -> None:
    for seed in range(3):
        upload_bundle(app_client, dataset_id, {f"{seed}.jpg": jpeg(seed=seed)})
    with platform.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(tables.jobs)).scalar_one() == 1


def test_remove_later__bytes_go_when_the_job_runs_unless_somebody_sent_them_again(
    app_client: TestClient, dataset_id: str, platform: Platform, organization_id: str, tmp_path: Path
) -> None:
    gone, again, used = (hashlib.sha256(jpeg(seed=seed)).hexdigest() for seed in range(3))
    for seed, sha256 in enumerate((gone, again, used)):
        platform.blobs.put(image_key(sha256), jpeg(seed=seed))
    upload_bundle(app_client, dataset_id, {"used.jpg": jpeg(seed=2)})
    with platform.db.write() as conn:
        assert remove_later(conn, organization_id, [gone, again, used]) == 2
        payload = conn.scalars(select(tables.jobs.c.payload).where(tables.jobs.c.task == "remove_blobs")).one()
    upload_bundle(app_client, dataset_id, {"again.jpg": jpeg(seed=1)})
    (remove,) = (task for task in tasks(platform) if task.name == "remove_blobs")
    remove.function(InlineRun(platform, organization_id, payload, tmp_path))
    assert [platform.blobs.exists(image_key(sha256)) for sha256 in (gone, again, used)] == [False, True, True]


def _ticket(client: TestClient, dataset_id: str, filename: str) -> dict[str, str]:
    response = client.post(f"{API}/images/upload-url", json={"dataset_id": dataset_id, "filename": filename})
    assert response.status_code == 200, response.text
    return response.json()


def _limit(platform: Platform, **limits: int) -> None:
    with platform.db.write() as conn:
        conn.execute(update(tables.organizations).values(**limits))


def _ingest(platform: Platform, organization_id: str, dataset_id: str, workdir: Path) -> None:
    (ingest,) = (task for task in tasks(platform) if task.name == "ingest")
    ingest.function(InlineRun(platform, organization_id, {"dataset_id": dataset_id}, workdir))
