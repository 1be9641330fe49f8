"""Plans and results of imports in words, for people at a terminal."""

from pictograph.models.dataset_import import ImportIssue, ImportPlan, ImportResult

ISSUES_SHOWN = 10
_CLASSES_SHOWN = 20


def plan_text(plan: ImportPlan) -> str:
    """Return the plan, a line a fact; what is zero is not said."""
    lines = [f"Format       {plan.format or 'images without labels'}"]
    parts = [
        f"{plan.images_new:,} new ({_size(plan.bytes_new)})",
        *_if(plan.images_present, "already there"),
        *_if(plan.images_different, "left alone: another image has the name"),
        *_if(plan.images_missing, "named by labels and nowhere to be found"),
    ]
    lines.append(f"Images       {plan.images:,}: {', '.join(parts)}")
    if plan.format is not None:
        lines.append(f"Annotations  {plan.annotations:,} on {plan.images_labelled:,} images")
    if plan.images_annotated_already:
        lines.append(f"Annotated    {plan.images_annotated_already:,} of these images already; the merge rule decides")
    for index, entry in enumerate(plan.classes[:_CLASSES_SHOWN]):
        new = ", new" if entry.is_new else ""
        lines.append(f"{'Classes' if not index else '':<13}{entry.name} ({entry.type}{new}): {entry.annotations:,}")
    if len(plan.classes) > _CLASSES_SHOWN:
        lines.append(f"{'':<13}and {len(plan.classes) - _CLASSES_SHOWN} more")
    lines += _issues("Left out", plan.skipped, plan.skipped_count)
    if plan.other_files:
        files = "file that is neither an image" if plan.other_files == 1 else "files that are neither images"
        lines.append(f"Ignored      {plan.other_files:,} {files} nor labels")
    if plan.images_missing:
        lines.append("Note         Import the images first, or an archive with images and labels in it")
    lines += [f"Note         {remark}" for remark in plan.remarks]
    return "\n".join(lines)


def result_text(result: ImportResult) -> str:
    """Return what was done, a line a fact."""
    images = [
        f"{result.images_added:,} added",
        *_if(result.images_present, "were there"),
        *_if(result.images_failed, "failed"),
    ]
    annotations = [
        f"{result.annotations_added:,} added on {result.images_labelled:,} images",
        *_if(result.annotations_kept, "kept"),
        *_if(result.annotations_removed, "replaced"),
    ]
    return "\n".join(
        [
            f"Images       {', '.join(images)}",
            f"Annotations  {', '.join(annotations)}",
            *_issues("Left out", result.issues, result.issue_count),
        ]
    )


def _issues(title: str, issues: list[ImportIssue], count: int) -> list[str]:
    lines = [
        f"{title if not index else '':<13}{issue.path}: {issue.reason}"
        for index, issue in enumerate(issues[:ISSUES_SHOWN])
    ]
    if count > len(lines):
        lines.append(f"{'':<13}and {count - len(lines):,} more")
    return lines


def _if(count: int, words: str) -> list[str]:
    return [f"{count:,} {words}"] if count else []


def _size(size_bytes: int) -> str:
    size = float(size_bytes)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
