/** The typed client of the server's API, and its refusals as errors. */

import createClient from "openapi-fetch";
import { fixForPeople } from "./fixes";
import type { paths } from "./schema";

/** A refusal in the server's words: what, why, and what to do next. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fix: string | null,
    /** The whole body: some refusals carry more, as a stale save carries what is there now. */
    readonly body: unknown,
  ) {
    super(message);
  }
}

export const api = createClient<paths>({ credentials: "same-origin" });

/** Return the data of an answer; `unwrap(api.GET("/api/v1/session"))`.
 *
 * @throws ApiProblem - the server refused, or could not be reached (status 0).
 */
export async function unwrap<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  let answer: { data?: T; error?: unknown; response: Response };
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (!answer.response.ok) throw problemOf(answer.response.status, answer.error);
  return answer.data as T;
}

/** `fetch` with our refusals as errors, for what the typed client cannot send: bytes, forms, beacons.
 *
 * @throws ApiProblem
 */
export async function request(address: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => null));
  return response;
}

export function problemOf(status: number, body: unknown): ApiProblem {
  const said = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const code = typeof said.code === "string" ? said.code : `http_${status}`;
  return new ApiProblem(
    status,
    code,
    wordsOf(said.detail) ?? wordsOf(said.message) ?? `The server answered ${status}`,
    fixForPeople(code, typeof said.fix === "string" ? said.fix : null),
    body,
  );
}

/** `detail` is a sentence, a list of which field is wrong how, or figures; then the sentence is the `message`. */
function wordsOf(detail: unknown): string | null {
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail)) return null;
  return detail
    .map(
      (each: { loc?: unknown[]; msg?: string }) =>
        `${(each.loc ?? []).slice(1).join(".")}: ${each.msg ?? ""}`,
    )
    .join("; ");
}

function unreachable(): ApiProblem {
  return new ApiProblem(
    0,
    "unreachable",
    "The server cannot be reached",
    "Check that it runs and that this machine is connected to it; then try again.",
    null,
  );
}
