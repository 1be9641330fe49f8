/** SHA-256 of files, by a worker that starts with the first and lives as long as the page. */

import type { HashAnswer } from "./hash.worker";

let worker: Worker | null = null;
let nextId = 1;
const waiting = new Map<number, { resolve: (sha256: string) => void; reject: (error: Error) => void }>();

/** Return the digest of a file or a part of one as 64 hex digits. Rejects when it cannot be read (any more). */
export function hashOf(file: Blob): Promise<string> {
  worker ??= start();
  const id = nextId++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker?.postMessage({ id, file });
  });
}

function start(): Worker {
  const made = new Worker(new URL("./hash.worker.ts", import.meta.url), { type: "module" });
  made.onmessage = ({ data }: MessageEvent<HashAnswer>) => {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.sha256 === undefined) asked?.reject(new Error(data.problem ?? "It cannot be read"));
    else asked?.resolve(data.sha256);
  };
  return made;
}
