import { expect, test } from "vitest";
import {
  AT_MOST_MS,
  dueAt,
  initialSaveState,
  isSaved,
  QUIET_MS,
  reduceSave,
  type SaveEvent,
  type SaveProblem,
  type SaveState,
} from "./save-machine";
import { saveWords } from "./save-words";
import type { WishState } from "./status-wish";

const wish = (problem: SaveProblem | null): WishState => ({
  status: "complete",
  datasetName: "cars",
  problem,
  retryAt: problem && 2000,
});

const OFFLINE: SaveProblem = { kind: "offline", message: "The server cannot be reached", fix: null };
const REFUSED: SaveProblem = { kind: "refused", message: "You may only look", fix: "Ask an admin" };
const CONFLICT: SaveProblem = { kind: "conflict", message: "Version 5 is there", fix: "Look at both" };

function after(...events: SaveEvent[]) {
  return events.reduce(reduceSave, initialSaveState(3));
}
const changed = (at: number): SaveEvent => ({ type: "changed", at });
const failed = (at: number, problem: SaveProblem): SaveEvent => ({
  type: "failed",
  at,
  problem,
  jitter: 0.5,
});

test("nothing is sent while nothing changed", () => {
  expect(dueAt(after())).toBeNull();
});

test("changes are sent within two seconds of the last one", () => {
  expect(dueAt(after(changed(100), changed(400)))).toBe(400 + QUIET_MS);
  expect(QUIET_MS).toBeLessThanOrEqual(2000);
});

test("and while they keep coming, every few seconds", () => {
  const events = Array.from({ length: 20 }, (_, index) => changed(index * 900));
  expect(dueAt(after(...events))).toBe(AT_MOST_MS);
});

test("one request at a time; what changes meanwhile is sent afterwards", () => {
  const sending = after(changed(0), { type: "sending" }, changed(1500));
  expect(dueAt(sending)).toBeNull();
  const saved = reduceSave(sending, { type: "saved", at: 1600, version: 4 });
  expect(saved).toMatchObject({ version: 4, changes: 1, problem: null });
  expect(dueAt(saved)).toBe(1500 + QUIET_MS);
  expect(isSaved(saved)).toBe(false);
});

test("retries come slower and slower, half a minute apart at most", () => {
  let state = after(changed(0), { type: "sending" });
  const waits: number[] = [];
  for (let attempt = 0; attempt < 8; attempt += 1) {
    state = reduceSave(state, failed(0, OFFLINE));
    waits.push(dueAt(state) ?? -1);
    state = reduceSave(state, { type: "sending" });
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test("drawing on while offline does not hurry the retry", () => {
  const state = after(changed(0), { type: "sending" }, failed(0, OFFLINE), changed(10));
  expect(dueAt(state)).toBe(1000);
  expect(state.changes).toBe(2);
});

test("a connection that came back is used at once", () => {
  const state = after(changed(0), { type: "sending" }, failed(0, OFFLINE), { type: "retry", at: 300 });
  expect(dueAt(state)).toBe(300);
});

test("a refusal waits for a person or for another change", () => {
  const refused = after(changed(0), { type: "sending" }, failed(0, REFUSED));
  expect(dueAt(refused)).toBeNull();
  expect(dueAt(reduceSave(refused, changed(3000)))).toBe(3000 + QUIET_MS);
  expect(dueAt(reduceSave(refused, { type: "retry", at: 7000 }))).toBe(7000);
});

test("a conflict is never overwritten by drawing on", () => {
  const state = after(changed(0), { type: "sending" }, failed(0, CONFLICT), changed(9000), {
    type: "retry",
    at: 9000,
  });
  expect(dueAt(state)).toBeNull();
  expect(state.changes).toBe(2);
});

test("a settled conflict is saved on top of theirs", () => {
  const state = after(changed(0), { type: "sending" }, failed(0, CONFLICT), {
    type: "based",
    version: 5,
    changes: 1,
    at: 0,
  });
  expect(state).toMatchObject({ version: 5, changes: 1, problem: null });
  expect(dueAt(state)).toBe(QUIET_MS);
});

test("an image read anew has nothing to send", () => {
  expect(dueAt(after(changed(0), { type: "based", version: 9, changes: 0, at: 0 }))).toBeNull();
});

test.each([
  ["before anything", after(), 0, "Saved"],
  ["a change", after(changed(0)), 0, "Not saved yet"],
  ["sending", after(changed(0), { type: "sending" }), 0, "Saving…"],
  [
    "saved",
    after(changed(0), { type: "sending" }, { type: "saved", at: 0, version: 4 }),
    2000,
    "Saved 2 s ago",
  ],
  [
    "offline",
    after(changed(0), changed(0), changed(0), { type: "sending" }, failed(0, OFFLINE)),
    0,
    "Not saved: offline, 3 changes kept here",
  ],
  [
    "conflict",
    after(changed(0), { type: "sending" }, failed(0, CONFLICT)),
    0,
    "Not saved: somebody else saved this image, 1 change kept here",
  ],
  [
    "refused",
    after(changed(0), { type: "sending" }, failed(0, REFUSED)),
    0,
    "Not saved: You may only look. 1 change kept here",
  ],
])("words: %s", (_what, state, now, text) => {
  expect(saveWords(state, now).text).toBe(text);
});

test.each<[string, SaveState, WishState, string]>([
  ["with the last changes", after(changed(0)), wish(null), "Not saved yet"],
  [
    "with changes that cannot be saved",
    after(changed(0), { type: "sending" }, failed(0, OFFLINE)),
    wish(null),
    "Not saved: offline, 1 change and «Complete» kept here",
  ],
  ["on its way", initialSaveState(3), wish(null), "Marking «Complete»…"],
  [
    "while the server is away",
    initialSaveState(3),
    wish(OFFLINE),
    "Not marked «Complete»: offline, kept here",
  ],
])("words of a status: %s", (_what, state, chosen, text) => {
  expect(saveWords(state, 0, chosen).text).toBe(text);
});

test("words say when it is tried again", () => {
  expect(saveWords(initialSaveState(3), 0, wish(OFFLINE)).fix).toBe("Trying again in 2 s");
  const state = after(changed(0), { type: "sending" }, failed(0, OFFLINE));
  expect(saveWords(state, 0).fix).toBe("Trying again in 1 s");
});
