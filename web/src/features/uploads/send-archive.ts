/** Sends an archive in parts, has its import planned, and does it: what arrived before is not sent again. */

import { announceImport, planImport, readImport, sendPart, startImport } from "./api";
import { hashOf } from "./hashing";
import type { ArchiveUpload } from "./upload";

const SAMPLE_BYTES = 1024 * 1024;
const LOOK_MS = 700;

/** Go on with an archive until somebody has to look at its plan, or it has ended. */
export async function sendArchive(
  upload: ArchiveUpload,
  signal: AbortSignal,
  changed: () => void,
): Promise<void> {
  const tell = () => {
    changed();
    signal.throwIfAborted();
  };
  upload.import ??= await announceImport(upload.datasetName, upload.file, await fingerprintOf(upload.file));
  if (upload.import.status === "uploading") {
    await sendParts(upload, signal, changed);
    upload.import = await planImport(upload.import.id);
  }
  upload.sentBytes = upload.file.size;
  tell();
  upload.import = await waitWhile(upload, ["planning"], tell);
  if (upload.import.status === "planned") {
    if (!upload.isAutomatic) {
      upload.state = "planned";
      changed();
      return;
    }
    upload.import = await startImport(upload.import.id);
    tell();
  }
  upload.import = await waitWhile(upload, ["importing"], tell);
  if (upload.import.status === "completed") upload.state = "done";
  else throw new Error(upload.import.error_message ?? `The import was ${upload.import.status}`);
  changed();
}

async function sendParts(upload: ArchiveUpload, signal: AbortSignal, changed: () => void): Promise<void> {
  const { import: announced, file } = upload;
  if (announced === null) return;
  const arrived = new Map(announced.parts?.map((part) => [part.number, part.sha256]));
  const size = announced.part_bytes;
  for (let number = 0; number * size < Math.max(1, file.size); number += 1) {
    signal.throwIfAborted();
    const part = file.slice(number * size, (number + 1) * size);
    const sha256 = await hashOf(part);
    if (arrived.get(number) !== sha256) {
      await sendPart(
        announced.id,
        number,
        part,
        sha256,
        (sent) => {
          upload.sentBytes = number * size + Math.min(part.size, sent);
          changed();
        },
        signal,
      );
    }
    upload.sentBytes = Math.min(file.size, (number + 1) * size);
    changed();
  }
}

async function waitWhile(upload: ArchiveUpload, states: readonly string[], tell: () => void) {
  let current = upload.import;
  while (current !== null && states.includes(current.status)) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    current = await readImport(current.id);
    upload.import = current;
    tell();
  }
  if (current === null) throw new Error("The import was not begun");
  return current;
}

/** What the server knows the file by, so that an upload that was cut short goes on. */
async function fingerprintOf(file: File): Promise<string> {
  const about = new Blob([`${file.name}\n${file.size}\n${file.lastModified}\n`, file.slice(0, SAMPLE_BYTES)]);
  return await hashOf(about);
}
