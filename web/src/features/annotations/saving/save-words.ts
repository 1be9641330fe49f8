/** What a person reads about the state of saving. */

import { plural } from "@/lib/format";
import type { SaveState } from "./save-machine";

export interface SaveWords {
  tone: "ok" | "busy" | "warn" | "danger";
  text: string;
  /** What to do next, where there is something. */
  fix: string | null;
}

export function saveWords(state: SaveState, now: number): SaveWords {
  const kept = `${plural(state.changes, "change")} kept here`;
  const { problem } = state;
  if (problem?.kind === "conflict") {
    return { tone: "danger", text: `Not saved: somebody else saved this image, ${kept}`, fix: problem.fix };
  }
  if (problem?.kind === "refused")
    return { tone: "danger", text: `Not saved: ${problem.message}. ${kept}`, fix: problem.fix };
  if (problem !== null && state.sending === null) {
    const why = problem.kind === "offline" ? "offline" : problem.message;
    return { tone: "warn", text: `Not saved: ${why}, ${kept}`, fix: retryWords(state, now) };
  }
  if (state.sending !== null) return { tone: "busy", text: "Saving…", fix: null };
  if (state.changes > 0) return { tone: "busy", text: "Not saved yet", fix: null };
  if (state.savedAt === null) return { tone: "ok", text: "Saved", fix: null };
  return { tone: "ok", text: `Saved ${ago(now - state.savedAt)}`, fix: null };
}

function retryWords(state: SaveState, now: number): string | null {
  if (state.retryAt === null) return null;
  const seconds = Math.ceil((state.retryAt - now) / 1000);
  return seconds > 0 ? `Trying again in ${seconds} s` : "Trying again";
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}
