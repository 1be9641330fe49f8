/** Sends the files of an upload: some groups at a time, what the dataset has already is left out. */

import { ApiProblem } from "@/api/client";
import { checkPresence, sendAlone, sendBundle } from "./api";
import { hashOf } from "./hashing";
import { type FilesUpload, isSettled, type UploadItem } from "./upload";

const LANES = 3;
const MIB = 1024 * 1024;
// A request of this size is long against its overhead and short against a timeout.
const GROUP_BYTES = 6 * MIB;
const SMALLEST_GROUP_BYTES = MIB / 4;
const MOST_IN_A_GROUP = 200;
// Sent alone, without being held together with others.
const LARGE_BYTES = 24 * MIB;
const MOST_TRIES = 5;

/** Send what is not settled. Resolves when all of it is; rejects when it was stopped or nobody is signed in. */
export async function sendFiles(
  upload: FilesUpload,
  signal: AbortSignal,
  changed: () => void,
): Promise<void> {
  const queue = upload.items.filter((item) => !isSettled(item));
  const total = queue.reduce((sum, item) => sum + item.file.size, 0);
  const target = Math.min(GROUP_BYTES, Math.max(SMALLEST_GROUP_BYTES, total / (2 * LANES)));
  let next = 0;

  function nextGroup(): UploadItem[] {
    const group: UploadItem[] = [];
    let size = 0;
    while (next < queue.length && group.length < MOST_IN_A_GROUP && size < target) {
      const item = queue[next] as UploadItem;
      if (group.length > 0 && item.file.size > LARGE_BYTES) break;
      next += 1;
      group.push(item);
      size += item.file.size;
    }
    return group;
  }

  async function lane(): Promise<void> {
    for (let group = nextGroup(); group.length > 0; group = nextGroup()) {
      await new Group(upload.datasetId, signal, changed, (again) => queue.push(...again)).send(group);
    }
  }

  try {
    await Promise.all(Array.from({ length: LANES }, lane));
  } finally {
    for (const item of upload.items) {
      if (isSettled(item)) continue;
      item.state = "waiting";
      item.sentBytes = 0;
    }
    changed();
  }
}

class Group {
  constructor(
    private readonly datasetId: string,
    private readonly signal: AbortSignal,
    private readonly changed: () => void,
    private readonly later: (items: UploadItem[]) => void,
  ) {}

  async send(items: UploadItem[]): Promise<void> {
    try {
      const missing = await this.missing(items);
      if (missing.length > 0) await this.sendMissing(missing);
    } catch (error) {
      await this.recover(
        items.filter((item) => !isSettled(item)),
        error,
      );
    }
    this.changed();
  }

  /** Return what the dataset lacks; the others are settled. */
  private async missing(items: UploadItem[]): Promise<UploadItem[]> {
    const hashed: Array<{ item: UploadItem; sha256: string }> = [];
    for (const item of items) {
      this.signal.throwIfAborted();
      item.state = "checking";
      this.changed();
      try {
        hashed.push({ item, sha256: await hashOf(item.file) });
      } catch (error) {
        fail(item, `It cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    if (hashed.length === 0) return [];
    const states = await checkPresence(this.datasetId, hashed, this.signal);
    return hashed
      .filter(({ item }, index) => {
        if (states[index] === "same") item.state = "skipped";
        else if (states[index] === "different") fail(item, CONFLICT);
        return states[index] === "absent";
      })
      .map(({ item }) => item);
  }

  private async sendMissing(items: UploadItem[]): Promise<void> {
    for (const item of items) item.state = "sending";
    const onProgress = (item: UploadItem, sentBytes: number) => {
      item.sentBytes = sentBytes;
      this.changed();
    };
    const [first] = items;
    if (first && items.length === 1 && first.file.size > LARGE_BYTES) {
      await sendAlone(this.datasetId, first, onProgress, this.signal);
      first.state = "sent";
      return;
    }
    const results = await sendBundle(this.datasetId, items, onProgress, this.signal);
    items.forEach((item, index) => {
      const result = results[index];
      if (result?.state === "created") item.state = "sent";
      else if (result?.state === "same") item.state = "skipped";
      else if (result?.state === "different") fail(item, CONFLICT);
      else fail(item, result?.reason ?? "The server did not say why");
    });
  }

  private async recover(items: UploadItem[], error: unknown): Promise<void> {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.status === 401 || error.status === 403) throw error;
    const mayPass = error.status === 0 || error.status === 429 || error.status >= 500;
    if (!mayPass && items.length > 1) {
      // One by one, the server says which of them it does not take.
      for (const item of items) await this.send([item]);
      return;
    }
    const again: UploadItem[] = [];
    for (const item of items) {
      item.tries += 1;
      item.sentBytes = 0;
      if (mayPass && item.tries < MOST_TRIES) {
        item.state = "waiting";
        again.push(item);
      } else fail(item, [error.message, error.fix].filter(Boolean).join(". "));
    }
    this.changed();
    if (again.length > 0) {
      await pause(1000 * 2 ** Math.max(0, (again[0]?.tries ?? 1) - 1), this.signal);
      this.later(again);
    }
  }
}

const CONFLICT =
  "The dataset has another image at this place. Rename the file, or delete the image that is there.";

function fail(item: UploadItem, reason: string): void {
  item.state = "failed";
  item.reason = reason;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("stopped", "AbortError"));
    });
  });
}
