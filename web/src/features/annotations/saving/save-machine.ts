/** When an image's changes are sent, and what a person is told: a pure machine that knows neither timers nor network. */

/** Sent so long after the last change; while changes keep coming, after the longer time. */
export const QUIET_MS = 1000;
export const AT_MOST_MS = 5000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

/** Why a save did not succeed. `offline` and `busy` are tried again; the others wait for a person. */
export interface SaveProblem {
  kind: "offline" | "busy" | "refused" | "conflict";
  message: string;
  fix: string | null;
}

export interface SaveState {
  /** The server's version that what is here is based on. */
  version: number;
  /** Changes the server does not have. */
  changes: number;
  /** How many of those are on their way; null: none is being sent. */
  sending: number | null;
  firstChangedAt: number;
  lastChangedAt: number;
  savedAt: number | null;
  attempts: number;
  retryAt: number | null;
  problem: SaveProblem | null;
}

export type SaveEvent =
  | { type: "changed"; at: number }
  | { type: "sending" }
  | { type: "saved"; at: number; version: number }
  /** `jitter` of 0–1 spreads the retries of many browsers. */
  | { type: "failed"; at: number; problem: SaveProblem; jitter: number }
  /** A person asked, or the connection came back. */
  | { type: "retry"; at: number }
  /** What is here is now based on another version: read anew, or a conflict was settled. */
  | { type: "based"; version: number; changes: number; at: number };

export function initialSaveState(version: number): SaveState {
  return {
    version,
    changes: 0,
    sending: null,
    firstChangedAt: 0,
    lastChangedAt: 0,
    savedAt: null,
    attempts: 0,
    retryAt: null,
    problem: null,
  };
}

export function reduceSave(state: SaveState, event: SaveEvent): SaveState {
  switch (event.type) {
    case "changed": {
      const isFirst = state.changes === (state.sending ?? 0);
      // A refusal may be about what has just been changed; a conflict is not settled by drawing on.
      const problem = state.problem?.kind === "refused" ? null : state.problem;
      return {
        ...state,
        changes: state.changes + 1,
        firstChangedAt: isFirst ? event.at : state.firstChangedAt,
        lastChangedAt: event.at,
        problem,
        attempts: problem ? state.attempts : 0,
        retryAt: problem ? state.retryAt : null,
      };
    }
    case "sending":
      return { ...state, sending: state.changes, retryAt: null };
    case "saved":
      return {
        ...state,
        version: event.version,
        changes: state.changes - (state.sending ?? 0),
        sending: null,
        savedAt: event.at,
        attempts: 0,
        retryAt: null,
        problem: null,
      };
    case "failed": {
      const attempts = state.attempts + 1;
      const isTransient = event.problem.kind === "offline" || event.problem.kind === "busy";
      const wait =
        Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1)) * (0.75 + event.jitter / 2);
      return {
        ...state,
        sending: null,
        attempts,
        problem: event.problem,
        retryAt: isTransient ? event.at + wait : null,
      };
    }
    case "retry":
      if (state.changes === 0 || state.sending !== null || state.problem?.kind === "conflict") return state;
      return { ...state, problem: null, retryAt: event.at };
    case "based":
      return {
        ...initialSaveState(event.version),
        changes: event.changes,
        savedAt: state.savedAt,
        firstChangedAt: event.at,
        lastChangedAt: event.at,
      };
  }
}

/** Return when the changes are to be sent; null: nothing to send, or not by itself. */
export function dueAt(state: SaveState): number | null {
  if (state.changes === 0 || state.sending !== null) return null;
  if (state.retryAt !== null) return state.retryAt;
  if (state.problem !== null) return null;
  return Math.min(state.lastChangedAt + QUIET_MS, state.firstChangedAt + AT_MOST_MS);
}

/** Whether leaving now may be done at once: the server has everything. */
export function isSaved(state: SaveState): boolean {
  return state.changes === 0;
}
