import { expect, test } from "vitest";
import { fixForPeople } from "./fixes";

test.each([
  ["Name at least one class.", "Name at least one class."],
  ["Run `pictograph engines pull owlv2`", "Run `pictograph engines pull owlv2`"],
  [null, null],
])("advice for people stays: %s", (fix, shown) => {
  expect(fixForPeople("anything", fix)).toBe(shown);
});

test("advice for programs is replaced, or left out where there is none", () => {
  const fix = "Ask for a new invite; `client.organizations.list_invites()` lists those there are.";
  expect(fixForPeople("invite_not_found", fix)).toContain("whoever invited you");
  expect(fixForPeople("something_new", fix)).toBeNull();
  expect(fixForPeople("sign_in_refused", "Check both, see docs/guides/people-and-sign-in.md.")).not.toContain(
    "docs/",
  );
});
