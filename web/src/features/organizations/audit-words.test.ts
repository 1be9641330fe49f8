import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { AuditEntry } from "./api";
import { actionsByNoun, sentenceOf } from "./audit-words";

function words(action: string, details: Record<string, unknown> = {}, subject = "road-signs"): string {
  const entry = { action, details, subject_name: subject } as AuditEntry;
  const sentence = sentenceOf(entry);
  return sentence.before + sentence.subject + sentence.after;
}

test("sentenceOf: every documented action has a sentence of its own", () => {
  const reference = readFileSync(new URL("../../../../docs/reference/audit.md", import.meta.url), "utf8");
  const documented = [...reference.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \|/gm)].map((match) => match[1]);
  expect(documented.length).toBeGreaterThan(40);
  expect([...actionsByNoun().values()].flat().sort()).toEqual(documented.sort());
});

test.each([
  ["member.role_changed", { from: "member", to: "admin" }, "made road-signs admin, who was member"],
  [
    "class.merged",
    { classes: ["stop", "Stop"], target: "stop_sign" },
    "merged the classes stop, Stop of road-signs into stop_sign",
  ],
  ["images.deleted", { images: 1200 }, "deleted 1,200 images of road-signs for good"],
  ["images.deleted", {}, "deleted some images of road-signs for good"],
  ["account.updated", { changed: ["full_name", "password"] }, "changed their full name, password"],
  ["account.updated", {}, "changed their account"],
  ["session.started", { by: "password", address: "127.0.0.1" }, "signed in by password"],
  ["comet.landed", {}, "did “comet.landed” to road-signs"],
])("sentenceOf: %s", (action, details, sentence) => {
  expect(words(action, details)).toBe(sentence);
});

const ID = "01a20730-9f7c-7270-ad46-d005913eeb1a";

test("sentenceOf: what the sentence does not say is told behind it", () => {
  const entry = {
    action: "member.removed",
    subject_name: "bob",
    details: { role: "member", keys_switched_off: ["ci", "laptop"], nothing: [], by_id: ID },
  } as unknown as AuditEntry;
  expect(sentenceOf(entry).rest).toEqual([
    ["role", "member"],
    ["keys switched off", "ci, laptop"],
  ]);
});
