"""Advice in the words of the command line: what the server and the client call by Python's names are commands here."""

import re

# Calls of the client that refusals name, and the command that does the same. Others stay as they are.
COMMANDS = {
    "annotations.history": "annotations history IMAGE_ID",
    "api_keys.list": "api-keys list",
    "auto_annotate.accept": "auto-annotate accept JOB_ID",
    "auto_annotate.batch": "auto-annotate run DATASET --classes CLASSES",
    "auto_annotate.estimate": "auto-annotate estimate DATASET --classes CLASSES",
    "datasets.class_changes": "classes changes DATASET",
    "datasets.folders": "datasets folders DATASET",
    "datasets.get": "images list DATASET",
    "datasets.import_": "datasets import DATASET PATH",
    "datasets.list": "datasets list",
    "datasets.merge_classes": "classes merge DATASET CLASS_NAMES --into CLASS_NAME",
    "exports.create": "exports create DATASET NAME",
    "exports.list": "exports list",
    "images.list": "images list DATASET",
    "images.upload": "images upload DATASET FILE",
    "imports.cancel": "datasets cancel-import IMPORT_ID",
    "imports.list": "datasets imports",
    "jobs.list": "jobs list",
    "models.list": "models list",
    "organizations.list_invites": "organizations invites",
    "organizations.list_members": "organizations members",
    "organizations.me": "organizations show",
    "pipelines.list": "pipelines list",
    "pipelines.rerun": "pipelines rerun RUN_ID",
    "training.list": "train list",
    "training.pipelines": "train pipelines",
    "versions.list": "versions list DATASET",
    "versions.restore": "versions restore DATASET VERSION NEW_NAME",
    "video.upload": "video upload FILE",
}
_CALL = re.compile(r"`client\.(\w+\.\w+)(?:\([^`]*\))?`")


def in_commands(fix: str) -> str:
    """Return the advice with commands in the place of calls."""
    return _CALL.sub(lambda call: f"`pictograph {COMMANDS[call[1]]}`" if call[1] in COMMANDS else call[0], fix)
