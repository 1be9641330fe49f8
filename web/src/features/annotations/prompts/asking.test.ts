import { expect, test } from "vitest";
import {
  type Answer,
  type AskEvent,
  askedWith,
  askWords,
  NOT_ASKING,
  proposed,
  type Question,
  reduceAsking,
} from "./asking";

const CLICK: Question = {
  kind: "points",
  prompt: { kind: "points", points: [{ at: { x: 1, y: 2 }, isPositive: true }] },
  className: "stop",
};
const WORDS: Question = { kind: "text", phrase: "stop sign", className: "stop", threshold: 0.3 };
const FOUND: Answer = {
  outcome: "success",
  shapes: [{ type: "keypoint", keypoint: { x: 1, y: 1 }, name: "stop", confidence: 0.83 }],
  score: 0.83,
  engine: "sam3@tiny",
};

const after = (...events: AskEvent[]) => events.reduce(reduceAsking, NOT_ASKING);
const asked = (question: Question, at = 0): AskEvent => ({ type: "asked", question, at });
const answered = (number: number, answer = FOUND): AskEvent => ({ type: "answered", number, answer });

test("an answer is proposed", () => {
  expect(proposed(after(asked(CLICK), answered(1)))).toEqual(FOUND.shapes);
});

test("the answer to an older question is dropped", () => {
  const state = after(asked(CLICK), asked(WORDS), answered(1));
  expect(state).toMatchObject({ isAsking: true, answer: null });
});

test("an answer that comes after Escape is dropped", () => {
  expect(proposed(after(asked(CLICK), { type: "cleared" }, answered(1)))).toEqual([]);
});

test("the outline stays while another click is asked about, and goes for another kind of question", () => {
  expect(proposed(after(asked(CLICK), answered(1), asked(CLICK)))).toHaveLength(1);
  expect(proposed(after(asked(CLICK), answered(1), asked(WORDS)))).toEqual([]);
});

test("a failure of an older question is no failure", () => {
  const problem = { message: "busy", fix: null, isBusy: true };
  expect(after(asked(CLICK), asked(CLICK), { type: "failed", number: 1, problem }).problem).toBeNull();
  expect(after(asked(CLICK), { type: "failed", number: 1, problem }).problem).toEqual(problem);
});

test.each([
  ["asking", after(asked(CLICK)), 0, "Looking…"],
  [
    "asking for long",
    after(asked(CLICK)),
    12_000,
    "Looking for 12 s. The first question loads the network and takes longer",
  ],
  ["one", after(asked(CLICK), answered(1)), 0, "1 found, 0.83. Enter takes it"],
  [
    "none by words",
    after(asked(WORDS), answered(1, { ...FOUND, outcome: "no_detection", score: null })),
    0,
    "No stop sign found",
  ],
  [
    "none there",
    after(asked(CLICK), answered(1, { ...FOUND, outcome: "no_detection", score: null })),
    0,
    "Nothing found there",
  ],
  [
    "unsure",
    after(asked(CLICK), answered(1, { ...FOUND, outcome: "below_threshold" })),
    0,
    "Not sure enough, 0.83: lower the threshold to see it",
  ],
  ["no question", after(), 0, null],
])("words: %s", (_what, state, now, words) => expect(askWords(state, now, "Enter")).toBe(words));

test("provenance tells what was asked", () => {
  expect(askedWith(CLICK, 0.5)).toEqual({ prompt: "1 click", threshold: 0.5 });
  expect(askedWith(WORDS, 0.5)).toEqual({ prompt: "stop sign", threshold: 0.3 });
});
