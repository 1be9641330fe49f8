"""The client's methods as contract §10.2 lists them: same names, order and defaults; what we add is keyword-only."""

import ast
import inspect
from collections.abc import Callable, Iterator

import pytest

from pictograph import Client
from pictograph._http.mock import MockApi

SURFACE = """
datasets.list(*, limit=100)
datasets.iter(*, page_size=100, max_total=None)
datasets.get(name, *, include_images=False, images_limit=1000, images_offset=0)
datasets.get_by_id(dataset_id)
datasets.download(name, output_dir, *, mode='full', status_filter=None, max_workers=10, progress=None)
images.get(image_id)
images.download(image_id, output_path, *, chunk_size=8388608)
images.upload(dataset_id, file_path, *, folder_path='/', filename=None, content_type=None, progress=None)
images.delete(image_id, *, permanent=False)
annotations.get(image_id)
annotations.save(image_id, annotations)
annotations.delete(image_id)
exports.create(dataset_name, name, *, format='pictograph', include_images=False, class_filter=None, status_filter=None, wait=True, poll_interval=2.0, timeout=300.0)
exports.list(*, dataset_name=None, status=None, limit=100, offset=0)
exports.iter(*, dataset_name=None, status=None, page_size=100, max_total=None)
exports.get(dataset_name, export_name)
exports.wait_for_completion(dataset_name, export_name, *, poll_interval=2.0, timeout=300.0, sleep=None)
exports.download(dataset_name, export_name, output_path, *, chunk_size=8388608, progress=None)
exports.delete(dataset_name, export_name)
training.create(dataset_name, export_name, *, pipeline_type, name, config=None, gpu_type='a10g', wait=True, poll_interval=5.0, timeout=7200.0)
training.list(*, dataset_name=None, status=None, limit=50, offset=0)
training.iter(*, dataset_name=None, status=None, page_size=50, max_total=None)
training.get(run_id)
training.cancel(run_id)
training.wait_for_completion(run_id, *, poll_interval=5.0, timeout=7200.0, sleep=None)
models.list(*, dataset_name=None, status=None, model_type=None, limit=50, offset=0)
models.iter(*, dataset_name=None, status=None, model_type=None, page_size=50, max_total=None)
models.get(model_id)
models.download(model_id, output_path, *, chunk_size=8388608, progress=None)
models.delete(model_id)
credits.balance()
credits.history(*, limit=50, offset=0)
credits.iter(*, page_size=100, max_total=None)
credits.estimate(operation, *, quantity=1)
organizations.me()
organizations.list_members()
organizations.update_member_role(member_id, *, role)
organizations.remove_member(member_id)
organizations.list_invites(*, status=None)
organizations.invite(email, *, role='member')
organizations.revoke_invite(invite_id)
projects.list(*, limit=50, offset=0)
projects.iter(*, page_size=50, max_total=None)
projects.get(name)
projects.create(name, *, description=None, annotation_types=None, classes=None)
projects.update(name, *, new_name=None, description=None, annotation_types=None, classes=None)
projects.delete(name)
batch.move(dataset_name, image_ids, *, target_folder_path='/')
batch.copy(dataset_name, image_ids, *, target_folder_path='/', duplicate_handling='rename', copy_annotations=False)
batch.delete(dataset_name, image_ids, *, permanent=False)
batch.update(dataset_name, image_ids, *, status=None, display_name=None, is_archived=None)
search.by_similarity(image_id, *, threshold=0.6, limit=50, folder_path=None)
search.by_tag(*, objects=None, scenes=None, attributes=None, dataset_name=None, limit=50, offset=0)
auto_annotate.point(dataset_name, image_filename, *, x, y, name='object', positive_points=None, negative_points=None, score_threshold=0.75)
auto_annotate.box(dataset_name, image_filename, *, box, name, confidence_threshold=0.5, return_polygon=True, negative_boxes=None)
auto_annotate.text(dataset_name, image_filename, *, text_prompt, output_type='polygon', confidence_threshold=0.3, max_detections=50)
auto_annotate.batch(dataset_name, image_filenames, classes, *, confidence_threshold=0.5, model_id=None, top_k=1, wait=True, poll_interval=5.0, timeout=1800.0)
auto_annotate.get_batch(job_id)
auto_annotate.cancel_batch(job_id)
auto_annotate.wait_for_batch(job_id, *, poll_interval=5.0, timeout=1800.0, sleep=None)
video.upload(local_path, *, content_type='video/mp4')
video.probe(gcs_path)
video.extract_frames(dataset_name, gcs_path, *, folder_name, sample_fps=1.0, parent_folder_path='/', wait=True, poll_interval=3.0, timeout=1800.0)
video.get_extraction(job_id)
video.wait_for_extraction(job_id, *, poll_interval=3.0, timeout=1800.0, sleep=None)
connectors.validate(provider, api_key)
connectors.check_limits(*, total_images, estimated_size_bytes)
connectors.import_(provider, api_key, datasets, *, wait=True, poll_interval=3.0, timeout=3600.0)
connectors.get_import(import_id)
connectors.cancel_import(import_id)
connectors.wait_for_import(import_id, *, poll_interval=3.0, timeout=3600.0, sleep=None)
api_keys.list(organization_id=None)
api_keys.create(organization_id, name, *, role='member', rate_limit=None, expires_at=None)
api_keys.get(key_id)
api_keys.update(key_id, *, name=None, rate_limit=None, is_active=None)
api_keys.delete(key_id)
"""  # noqa: E501


def listed() -> Iterator[tuple[str, str, ast.arguments]]:
    for line in SURFACE.strip().splitlines():
        resource, _, signature = line.partition(".")
        function = ast.parse(f"def {signature}: ...").body[0]
        assert isinstance(function, ast.FunctionDef)
        yield resource, function.name, function.args


@pytest.mark.parametrize(
    ("resource", "method", "arguments"), [pytest.param(*each, id=f"{each[0]}.{each[1]}") for each in listed()]
)
def test_method__takes_what_the_contract_says(resource: str, method: str, arguments: ast.arguments) -> None:
    client = Client.over(MockApi().transport())
    function: Callable[..., object] = getattr(getattr(client, resource), method)
    parameters = inspect.signature(function).parameters
    positional = [each for each in parameters.values() if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert [each.name for each in positional] == [each.arg for each in arguments.args]
    by_keyword = dict(zip((each.arg for each in arguments.kwonlyargs), arguments.kw_defaults, strict=True))
    for name, default in by_keyword.items():
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY, name
        assert parameters[name].default == _value(default), name
    count = len(arguments.defaults)
    for each, default in zip(positional[len(positional) - count :], arguments.defaults, strict=True):
        assert each.default == _value(default), each.name
    added = parameters.keys() - by_keyword.keys() - {each.name for each in positional}
    assert all(parameters[name].default is not inspect.Parameter.empty for name in added), added


def _value(default: ast.expr | None) -> object:
    return inspect.Parameter.empty if default is None else ast.literal_eval(default)
