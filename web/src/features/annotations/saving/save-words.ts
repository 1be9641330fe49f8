/** What a person reads about the state of saving. */

import { plural } from "@/lib/format";
import { statusOf } from "../status";
import type { SaveState } from "./save-machine";
import type { WishState } from "./status-wish";

export interface SaveWords {
  tone: "ok" | "busy" | "warn" | "danger";
  text: string;
  /** What to do next, where there is something. */
  fix: string | null;
}

/** `wish`: the status that is set when all is saved. */
export function saveWords(state: SaveState, now: number, wish: WishState | null = null): SaveWords {
  const status = wish && `«${statusOf(wish.status).label}»`;
  const kept = `${plural(state.changes, "change")}${status ? ` and ${status}` : ""} kept here`;
  const { problem } = state;
  if (problem?.kind === "conflict") {
    return { tone: "danger", text: `Not saved: somebody else saved this image, ${kept}`, fix: problem.fix };
  }
  if (problem?.kind === "refused")
    return { tone: "danger", text: `Not saved: ${problem.message}. ${kept}`, fix: problem.fix };
  if (problem !== null && state.sending === null) {
    const why = problem.kind === "offline" ? "offline" : problem.message;
    return { tone: "warn", text: `Not saved: ${why}, ${kept}`, fix: retryWords(state.retryAt, now) };
  }
  if (state.sending !== null) return { tone: "busy", text: "Saving…", fix: null };
  if (state.changes > 0) return { tone: "busy", text: "Not saved yet", fix: null };
  if (wish?.problem) {
    const why = wish.problem.kind === "offline" ? "offline" : wish.problem.message;
    const text = `Not marked ${status}: ${why}, kept here`;
    return { tone: "warn", text, fix: retryWords(wish.retryAt, now) };
  }
  if (wish) return { tone: "busy", text: `Marking ${status}…`, fix: null };
  if (state.savedAt === null) return { tone: "ok", text: "Saved", fix: null };
  return { tone: "ok", text: `Saved ${ago(now - state.savedAt)}`, fix: null };
}

function retryWords(retryAt: number | null, now: number): string | null {
  if (retryAt === null) return null;
  const seconds = Math.ceil((retryAt - now) / 1000);
  return seconds > 0 ? `Trying again in ${seconds} s` : "Trying again";
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}
