/** Everything that is being uploaded, whichever page one is on: started, paused, retried, taken away. */

import { useSyncExternalStore } from "react";
import type { PipelineUpload } from "@/api/schema";
import { cancelImport, startImport, tellRun } from "./api";
import type { Picked } from "./picked";
import { sendArchive } from "./send-archive";
import { sendFiles } from "./send-files";
import { countsOf, isActive, itemsOf, pathOf, type Upload } from "./upload";

const TOLD_EVERY_MS = 120;
const MOST_FAILURES = 1000;

let uploads: readonly Upload[] = [];
let shown: readonly Upload[] = [];
let nextId = 1;
let timer: ReturnType<typeof setTimeout> | null = null;
const listeners = new Set<() => void>();
const running = new Map<number, AbortController>();

export interface UploadTarget {
  datasetName: string;
  datasetId: string;
  /** The pipeline run that is told when the images are there. */
  pipelineRunId?: string;
}

/** Begin to upload what somebody picked. */
export function startUpload(target: UploadTarget, picked: Picked): void {
  const base = {
    datasetName: target.datasetName,
    datasetId: target.datasetId,
    pipelineRunId: target.pipelineRunId ?? null,
    isTold: !target.pipelineRunId,
    problem: null,
  };
  const added: Upload[] = picked.archives.map((file) => ({
    ...base,
    id: nextId++,
    kind: "archive",
    file,
    isAutomatic: target.pipelineRunId !== undefined,
    state: "running",
    sentBytes: 0,
    import: null,
  }));
  if (picked.images.length > 0) {
    const items = itemsOf(picked.images);
    added.push({ ...base, id: nextId++, kind: "files", items, others: picked.others, state: "running" });
  }
  uploads = [...uploads, ...added];
  for (const upload of added) void run(upload);
  tellNow();
}

/** Every upload, again whenever something changed; the objects are the same ones, changed in place. */
export function useUploads(): readonly Upload[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}

export function pauseUpload(upload: Upload): void {
  upload.state = "paused";
  running.get(upload.id)?.abort();
  tellNow();
}

/** Go on with what was paused or could not be sent. */
export function resumeUpload(upload: Upload): void {
  upload.problem = null;
  upload.state = "running";
  if (
    upload.kind === "archive" &&
    (upload.import?.status === "failed" || upload.import?.status === "cancelled")
  ) {
    // The server has thrown it away: announced again, it begins anew.
    upload.import = null;
    upload.sentBytes = 0;
  }
  if (upload.kind === "files") {
    for (const item of upload.items) {
      if (item.state !== "failed") continue;
      item.state = "waiting";
      item.tries = 0;
      item.sentBytes = 0;
    }
  }
  void run(upload);
  tellNow();
}

/** Do what the plan of an archive says. */
export async function startPlanned(upload: Upload): Promise<void> {
  if (upload.kind !== "archive" || upload.import === null) return;
  upload.problem = null;
  upload.state = "running";
  tellNow();
  try {
    upload.import = await startImport(upload.import.id);
    void run(upload);
  } catch (problem) {
    upload.problem = problem;
    upload.state = "planned";
    tellNow();
  }
}

/** Stop it if it runs, and forget it. What has arrived stays. */
export function removeUpload(upload: Upload): void {
  running.get(upload.id)?.abort();
  uploads = uploads.filter((each) => each.id !== upload.id);
  tellNow();
  const begun = upload.kind === "archive" && upload.state !== "done" ? upload.import : null;
  if (begun && !["completed", "failed", "cancelled"].includes(begun.status)) {
    // Nobody waits for it: what it left on the server is swept up after a while.
    void cancelImport(begun.id).catch(() => undefined);
  }
}

async function run(upload: Upload): Promise<void> {
  running.get(upload.id)?.abort();
  const controller = new AbortController();
  running.set(upload.id, controller);
  try {
    if (upload.kind === "files") {
      await sendFiles(upload, controller.signal, changed);
      upload.state = "done";
    } else {
      await sendArchive(upload, controller.signal, changed);
    }
    if (upload.state === "done") await tell(upload);
  } catch (problem) {
    if (!controller.signal.aborted) {
      // What is still on its way belongs to nobody any more.
      controller.abort();
      upload.problem = problem;
      upload.state = upload.kind === "archive" ? "failed" : "paused";
    }
  } finally {
    if (running.get(upload.id) === controller) running.delete(upload.id);
    tellNow();
  }
}

/** Tell the run that the images are there, once all that is uploaded for it is. */
async function tell(upload: Upload): Promise<void> {
  const { pipelineRunId } = upload;
  if (pipelineRunId === null || upload.isTold) return;
  const together = uploads.filter((each) => each.pipelineRunId === pipelineRunId && !each.isTold);
  if (together.some((each) => each.state !== "done")) return;
  const report = reportOf(together);
  if (report.uploaded + report.skipped === 0) {
    upload.problem = new Error(
      `None of the files could be uploaded: ${report.failures[0]?.reason ?? "there is no image among them"}. ` +
        "Try again, or take this off the list and choose others.",
    );
    return;
  }
  try {
    await tellRun(pipelineRunId, report);
    for (const each of together) each.isTold = true;
  } catch (problem) {
    upload.problem = problem;
  }
}

export function reportOf(parts: readonly Upload[]): Required<PipelineUpload> {
  const report: Required<PipelineUpload> = { uploaded: 0, skipped: 0, failed: 0, failures: [] };
  for (const part of parts) {
    if (part.kind === "files") {
      const counts = countsOf(part);
      report.uploaded += counts.sent;
      report.skipped += counts.skipped;
      report.failed += counts.failed;
      const failed = part.items.filter((item) => item.state === "failed");
      report.failures.push(...failed.map((item) => ({ path: pathOf(item), reason: item.reason })));
    } else if (part.import?.result) {
      const { result } = part.import;
      report.uploaded += result.images_added ?? 0;
      report.skipped += result.images_present ?? 0;
      report.failed += result.images_failed ?? 0;
      report.failures.push(...(result.issues ?? []));
    }
  }
  report.failures = report.failures
    .slice(0, MOST_FAILURES)
    .map(({ path, reason }) => ({ path: path.slice(0, 2000), reason: reason.slice(0, 2000) }));
  return report;
}

function changed(): void {
  timer ??= setTimeout(tellNow, TOLD_EVERY_MS);
}

function tellNow(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  shown = [...uploads];
  for (const listener of listeners) listener();
}

window.addEventListener("beforeunload", (event) => {
  // Files in a browser's hand are gone with the tab; the browser asks in its own words.
  if (uploads.some(isActive)) event.preventDefault();
});
