/** What is being uploaded: files into a dataset, or an archive that the server unpacks. Changed in place, then told. */

import type { DatasetImport } from "@/api/schema";
import type { PickedFile } from "./picked";

export type ItemState = "waiting" | "checking" | "sending" | "sent" | "skipped" | "failed";

export interface UploadItem {
  readonly file: File;
  readonly folder: string;
  state: ItemState;
  sentBytes: number;
  /** Why it failed. */
  reason: string;
  tries: number;
}

interface UploadBase {
  readonly id: number;
  readonly datasetName: string;
  readonly datasetId: string;
  /** The run that is told when the images are there. */
  readonly pipelineRunId: string | null;
  /** Nobody has to be told any more. */
  isTold: boolean;
  problem: unknown;
}

export interface FilesUpload extends UploadBase {
  readonly kind: "files";
  readonly items: UploadItem[];
  /** Files of the folder that are no images. */
  readonly others: number;
  state: "running" | "paused" | "done";
}

export interface ArchiveUpload extends UploadBase {
  readonly kind: "archive";
  readonly file: File;
  /** Start without asking once the plan is there. */
  readonly isAutomatic: boolean;
  /** Into this folder of the dataset. */
  state: "running" | "paused" | "planned" | "done" | "failed";
  sentBytes: number;
  import: DatasetImport | null;
}

export type Upload = FilesUpload | ArchiveUpload;

export interface UploadCounts {
  total: number;
  sent: number;
  skipped: number;
  failed: number;
  /** Of all bytes, those that are settled or on their way. */
  sentBytes: number;
  totalBytes: number;
}

export function itemsOf(images: readonly PickedFile[]): UploadItem[] {
  return images.map(({ file, folder }) => ({
    file,
    folder,
    state: "waiting",
    sentBytes: 0,
    reason: "",
    tries: 0,
  }));
}

export function countsOf(upload: FilesUpload): UploadCounts {
  const counts = {
    total: upload.items.length,
    sent: 0,
    skipped: 0,
    failed: 0,
    sentBytes: 0,
    totalBytes: 0,
  };
  for (const item of upload.items) {
    counts.totalBytes += item.file.size;
    if (item.state === "sent") counts.sent += 1;
    else if (item.state === "skipped") counts.skipped += 1;
    else if (item.state === "failed") counts.failed += 1;
    counts.sentBytes += isSettled(item) ? item.file.size : item.sentBytes;
  }
  return counts;
}

export function isSettled(item: UploadItem): boolean {
  return item.state === "sent" || item.state === "skipped" || item.state === "failed";
}

export function isActive(upload: Upload): boolean {
  return upload.state === "running" || (upload.state === "done" && !upload.isTold && upload.problem === null);
}

export function pathOf(item: UploadItem): string {
  return `${item.folder.replace(/\/$/, "")}/${item.file.name}`;
}
