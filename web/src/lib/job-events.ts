/** What a job of the server says while it works, in words. */

export interface JobMessage {
  kind: string;
  text: string;
  /** ISO 8601. */
  at: string;
}

type Said = Record<string, unknown>;

const WORDS: Record<string, (said: Said) => string> = {
  queued: () => "Waiting for a free place",
  started: ({ attempt }) => (Number(attempt) > 1 ? `Goes on, attempt ${attempt}` : "Started"),
  device: ({ device }) => `Runs on ${device}`,
  message: ({ message }) => String(message ?? ""),
  retry: ({ reason }) => `Will be tried again: ${reason}`,
  died: ({ reason }) => `Its process died and will go on: ${reason}`,
  lost: ({ reason }) => `Its worker was lost; another one goes on: ${reason}`,
  released: () => "Its worker shuts down; another one goes on",
  cancel_requested: () => "Asked to stop",
  cancelled: () => "Cancelled",
  failed: ({ error }) => (error ? `Failed: ${error}` : "Failed"),
  succeeded: () => "Finished",
};

/** The kinds to listen for. */
export const JOB_EVENTS: readonly string[] = Object.keys(WORDS);

/** Return the list with what was said; a stream that was cut off may say the same again. */
export function withMessage(
  known: readonly JobMessage[],
  kind: string,
  data: unknown,
): readonly JobMessage[] {
  const said = (typeof data === "object" && data !== null ? data : {}) as Said;
  const message = { kind, text: WORDS[kind]?.(said) ?? kind, at: String(said.at ?? "") };
  const isKnown = known.some((each) => each.at === message.at && each.text === message.text);
  return isKnown ? known : [...known, message];
}
