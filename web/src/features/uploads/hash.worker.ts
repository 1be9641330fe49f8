/** Hashes files beside the page, so that it stays quick while gigabytes are read. */

import { sha256 } from "./sha256";

export interface HashQuestion {
  id: number;
  file: Blob;
}

export interface HashAnswer {
  id: number;
  sha256?: string;
  problem?: string;
}

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<HashQuestion>) => void) | null;
  postMessage: (answer: HashAnswer) => void;
};

scope.onmessage = async ({ data: { id, file } }) => {
  try {
    const bytes = await file.arrayBuffer();
    scope.postMessage({ id, sha256: await digest(bytes) });
  } catch (error) {
    scope.postMessage({ id, problem: error instanceof Error ? error.message : String(error) });
  }
};

async function digest(bytes: ArrayBuffer): Promise<string> {
  if (!globalThis.crypto?.subtle) return sha256(new Uint8Array(bytes));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
