/** One request with its progress: `fetch` says nothing while it sends. */

import { type ApiProblem, problemOf } from "@/api/client";

export interface Sending {
  method: "POST" | "PUT";
  address: string;
  body: Blob | FormData;
  contentType?: string;
  onProgress?: (sentBytes: number) => void;
  signal: AbortSignal;
}

/** Return the answer's JSON.
 *
 * @throws ApiProblem - the server refused, or could not be reached (status 0); an `AbortError` when it was stopped.
 */
export function send({ method, address, body, contentType, onProgress, signal }: Sending): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(aborted());
      return;
    }
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const end = () => signal.removeEventListener("abort", stop);
    signal.addEventListener("abort", stop);
    request.open(method, address);
    if (contentType) request.setRequestHeader("Content-Type", contentType);
    request.upload.onprogress = (event) => onProgress?.(event.loaded);
    request.onload = () => {
      end();
      const answer = parse(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(answer);
      else reject(problemOf(request.status, answer));
    };
    request.onerror = () => {
      end();
      reject(unreachable());
    };
    request.onabort = () => {
      end();
      reject(aborted());
    };
    request.send(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unreachable(): ApiProblem {
  const problem = problemOf(0, {
    detail: "The server cannot be reached",
    code: "unreachable",
    fix: "Check that it runs and that this machine is connected to it; then try again.",
  });
  return problem;
}

function aborted(): DOMException {
  return new DOMException("stopped", "AbortError");
}
