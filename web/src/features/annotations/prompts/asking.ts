/** A question to the annotator and what came of it: the latest question wins, whatever order answers come in. */

import type { Shape } from "@/canvas/scene";
import type { Prompt } from "@/canvas/tools/tool";

export type Question =
  | { kind: "points"; prompt: Extract<Prompt, { kind: "points" }>; className: string }
  | { kind: "box"; prompt: Extract<Prompt, { kind: "box" }>; className: string }
  | { kind: "text"; phrase: string; className: string; threshold: number };

export interface Answer {
  outcome: "success" | "no_detection" | "below_threshold";
  shapes: readonly Shape[];
  /** Of the best finding, also of one that was not sure enough. */
  score: number | null;
  engine: string;
}

export interface AskProblem {
  message: string;
  fix: string | null;
  /** It passes by itself: the network is loading, or others' questions take their time. */
  isBusy: boolean;
}

export interface AskState {
  /** Counts questions; an answer to an older one is dropped. */
  number: number;
  question: Question | null;
  isAsking: boolean;
  askedAt: number;
  answer: Answer | null;
  problem: AskProblem | null;
}

export type AskEvent =
  | { type: "asked"; question: Question; at: number }
  | { type: "answered"; number: number; answer: Answer }
  | { type: "failed"; number: number; problem: AskProblem }
  /** Accepted, cancelled, or another tool. */
  | { type: "cleared" };

export const NOT_ASKING: AskState = {
  number: 0,
  question: null,
  isAsking: false,
  askedAt: 0,
  answer: null,
  problem: null,
};

export function reduceAsking(state: AskState, event: AskEvent): AskState {
  switch (event.type) {
    case "asked": {
      // Another click on the same object: the old outline stays until the new one is there.
      const refines = state.question?.kind === "points" && event.question.kind === "points";
      return {
        ...state,
        number: state.number + 1,
        question: event.question,
        isAsking: true,
        askedAt: event.at,
        answer: refines ? state.answer : null,
        problem: null,
      };
    }
    case "answered":
      if (event.number !== state.number || state.question === null) return state;
      return { ...state, isAsking: false, answer: event.answer, problem: null };
    case "failed":
      if (event.number !== state.number || state.question === null) return state;
      return { ...state, isAsking: false, problem: event.problem };
    case "cleared":
      return {
        ...state,
        number: state.number + 1,
        question: null,
        isAsking: false,
        answer: null,
        problem: null,
      };
  }
}

/** What the model proposes now. */
export function proposed(state: AskState): readonly Shape[] {
  return state.answer?.outcome === "success" ? state.answer.shapes : NOTHING;
}

const NOTHING: readonly Shape[] = [];
const LONG_MS = 2500;

/** What a person reads about the question; null while there is none. */
export function askWords(state: AskState, now: number, acceptKey: string): string | null {
  const { question, answer } = state;
  if (question === null) return null;
  if (state.isAsking) {
    const waited = now - state.askedAt;
    if (waited < LONG_MS) return "Looking…";
    return `Looking for ${Math.round(waited / 1000)} s. The first question loads the network and takes longer`;
  }
  if (answer === null) return null;
  const sure = answer.score === null ? "" : `, ${answer.score.toFixed(2)}`;
  if (answer.outcome === "no_detection") {
    return question.kind === "text" ? `No ${question.phrase} found` : "Nothing found there";
  }
  if (answer.outcome === "below_threshold") return `Not sure enough${sure}: lower the threshold to see it`;
  const count = answer.shapes.length;
  return `${count === 1 ? "1 found" : `${count} found`}${sure}. ${acceptKey} takes ${count === 1 ? "it" : "them"}`;
}

/** What the annotator was asked, as an annotation's provenance tells it afterwards. */
export function askedWith(question: Question, threshold: number): { prompt?: string; threshold: number } {
  switch (question.kind) {
    case "text":
      return { prompt: question.phrase, threshold: question.threshold };
    case "box":
      return { prompt: "box", threshold };
    case "points": {
      const count = question.prompt.points.length;
      return { prompt: count === 1 ? "1 click" : `${count} clicks`, threshold };
    }
  }
}
