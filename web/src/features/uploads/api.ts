/** What uploads ask of the server. */

import { api, unwrap } from "@/api/client";
import type { DatasetImport, MemberResult, PipelineUpload } from "@/api/schema";
import { send } from "./sending";
import { packTar } from "./tar";
import type { UploadItem } from "./upload";

const API = "/api/v1/developer";

export type Presence = "absent" | "same" | "different";

/** Return for each file whether the dataset has it, with the same bytes or others. */
export async function checkPresence(
  datasetId: string,
  files: ReadonlyArray<{ item: UploadItem; sha256: string }>,
  signal: AbortSignal,
): Promise<Presence[]> {
  const images = files.map(({ item, sha256 }) => ({
    folder_path: item.folder,
    filename: item.file.name,
    sha256,
  }));
  const body = { dataset_id: datasetId, images };
  return (await unwrap(api.POST(`${API}/images/check`, { body, signal }))).states as Presence[];
}

/** Send files in one request; `onProgress` hears how many bytes of each have left. */
export async function sendBundle(
  datasetId: string,
  items: readonly UploadItem[],
  onProgress: (item: UploadItem, sentBytes: number) => void,
  signal: AbortSignal,
): Promise<MemberResult[]> {
  const bundle = packTar(items.map((item) => ({ name: memberName(item), file: item.file })));
  const answer = await send({
    method: "POST",
    address: `${API}/images/bundle?dataset_id=${encodeURIComponent(datasetId)}`,
    body: bundle.blob,
    contentType: "application/x-tar",
    onProgress: (sent) => {
      items.forEach((item, index) => {
        const end = bundle.ends[index] ?? 0;
        const begin = end - item.file.size;
        onProgress(item, Math.max(0, Math.min(item.file.size, sent - begin)));
      });
    },
    signal,
  });
  return (answer as { results: MemberResult[] }).results;
}

/** Send one large file as it is. */
export async function sendAlone(
  datasetId: string,
  item: UploadItem,
  onProgress: (item: UploadItem, sentBytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const form = new FormData();
  form.set("dataset_id", datasetId);
  form.set("folder_path", item.folder);
  form.set("filename", item.file.name);
  form.set("file", item.file);
  await send({
    method: "POST",
    address: `${API}/images/upload`,
    body: form,
    onProgress: (sent) => onProgress(item, Math.min(item.file.size, sent)),
    signal,
  });
}

function memberName({ folder, file }: UploadItem): string {
  const inside = folder.replace(/^\/|\/$/g, "");
  return inside ? `${inside}/${file.name}` : file.name;
}

export async function announceImport(
  datasetName: string,
  file: File,
  fingerprint: string,
): Promise<DatasetImport> {
  const body = {
    dataset_name: datasetName,
    filename: file.name,
    size_bytes: file.size,
    fingerprint,
    part_bytes: 16 * 1024 * 1024,
    merge: "keep" as const,
    labels_only: false,
    folder_path: "/",
    create_if_missing: true,
  };
  return (await unwrap(api.POST(`${API}/imports/`, { body }))).dataset_import;
}

export async function sendPart(
  importId: string,
  number: number,
  data: Blob,
  sha256: string,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  await send({
    method: "PUT",
    address: `${API}/imports/${encodeURIComponent(importId)}/parts/${number}?sha256=${sha256}`,
    body: data,
    contentType: "application/octet-stream",
    onProgress,
    signal,
  });
}

export async function readImport(importId: string): Promise<DatasetImport> {
  const params = { path: { import_id: importId } };
  return (await unwrap(api.GET(`${API}/imports/{import_id}`, { params }))).dataset_import;
}

export async function planImport(importId: string): Promise<DatasetImport> {
  const params = { path: { import_id: importId } };
  return (await unwrap(api.POST(`${API}/imports/{import_id}/plan`, { params }))).dataset_import;
}

export async function startImport(importId: string): Promise<DatasetImport> {
  const params = { path: { import_id: importId } };
  return (await unwrap(api.POST(`${API}/imports/{import_id}/start`, { params }))).dataset_import;
}

export async function cancelImport(importId: string): Promise<DatasetImport> {
  const params = { path: { import_id: importId } };
  return (await unwrap(api.POST(`${API}/imports/{import_id}/cancel`, { params }))).dataset_import;
}

/** Tell a pipeline run that its images are there. */
export async function tellRun(runId: string, upload: PipelineUpload): Promise<void> {
  const params = { path: { pipeline_id: runId } };
  await unwrap(
    api.POST(`${API}/pipelines/{pipeline_id}/continue`, { params, body: { upload, accept_rest: false } }),
  );
}
