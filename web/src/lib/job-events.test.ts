import { expect, test } from "vitest";
import { JOB_EVENTS, withMessage } from "./job-events";

test("what a job says is put into words, once", () => {
  const said = { attempt: 2, at: "2026-01-01T00:00:00Z" };
  const once = withMessage([], "started", said);
  expect(once.map((each) => each.text)).toEqual(["Goes on, attempt 2"]);
  expect(withMessage(once, "started", said)).toBe(once);
});

test.each(JOB_EVENTS.map((kind) => [kind]))("%s has words without any data", (kind) => {
  expect(withMessage([], kind, null)[0]?.text).toBeTypeOf("string");
});
