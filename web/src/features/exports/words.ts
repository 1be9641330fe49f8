/** Exports in words, and as the lines of a program. */

import type { CreateExport, ExportAnswer, ExportFormatInfo } from "./api";

const CONTENT: Record<ExportFormatInfo["holds"][number], string> = {
  boxes: "boxes",
  polygons: "outlines",
  holes: "holes in outlines",
  polylines: "polylines",
  keypoints: "keypoints",
  tags: "tags of images",
  areas: "areas of classes",
  confidence: "confidences",
};

export function contentWords(content: ExportFormatInfo["holds"]): string {
  return content.map((each) => CONTENT[each]).join(", ");
}

export const STATUS_FILTERS = [
  { value: "all", label: "All images" },
  { value: "complete", label: "Complete ones only" },
  { value: "review", label: "Those in review" },
  { value: "in_progress", label: "Those being annotated or in review" },
  { value: "annotate", label: "Those being annotated" },
  { value: "new", label: "New ones" },
] as const;

/** What went in: "All images of version 3". */
export function scopeWords(export_: ExportAnswer): string {
  const images = STATUS_FILTERS.find((each) => each.value === (export_.status_filter ?? "all"))?.label;
  const version = export_.dataset_version ? ` of version ${export_.dataset_version}` : "";
  return `${images ?? export_.status_filter}${version}`;
}

/** A name that says what it is, and that no earlier export of today is likely to have. */
export function suggestedName(format: string, moment: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${format}-${day}-${two(moment.getHours())}${two(moment.getMinutes())}`;
}

export function downloadCode(export_: ExportAnswer): { sdk: string; cli: string } {
  const { dataset_name: dataset, name } = export_;
  const file = `${name.replaceAll(/[^\w.-]+/g, "-")}.zip`;
  return {
    sdk: `Client().exports.download(${python(dataset)}, ${python(name)}, ${python(file)})`,
    cli: `pictograph exports download ${shell(dataset)} ${shell(name)} --output ${shell(file)}`,
  };
}

/** The line that makes such an export in a program. */
export function createCode(request: CreateExport): string {
  const options = [
    python(request.dataset_name),
    python(request.name),
    `format=${python(request.format ?? "pictograph")}`,
    request.include_images ? "include_images=True" : "",
    request.status_filter && request.status_filter !== "all"
      ? `status_filter=${python(request.status_filter)}`
      : "",
    request.class_filter ? `class_filter=[${request.class_filter.map(python).join(", ")}]` : "",
    request.version ? `version=${python(request.version)}` : "",
  ];
  return `Client().exports.create(${options.filter(Boolean).join(", ")})`;
}

function python(text: string): string {
  // JSON's escapes are Python's, too.
  return JSON.stringify(text);
}

function shell(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
