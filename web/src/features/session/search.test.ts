import { expect, test } from "vitest";
import { pageAfterSignIn, signInSearch } from "./search";

const ORIGIN = "http://vision.example.org";

test.each([
  [undefined, "/"],
  ["/", "/"],
  ["/datasets/road signs?folder=/a#top", "/datasets/road%20signs?folder=/a#top"],
  ["datasets", "/"],
  ["https://evil.example", "/"],
  ["//evil.example/datasets", "/"],
  ["/\\evil.example", "/"],
  ["/\t/evil.example", "/"],
  ["/x/..//evil.example", "/"],
  ["http://vision.example.org.evil.example/", "/"],
  ["javascript:alert(1)", "/"],
  ["/sign-in?next=/sign-in", "/"],
  ["/api/v1/session", "/"],
])("pageAfterSignIn: %s leads to %s", (next, page) => {
  expect(pageAfterSignIn(next, ORIGIN)).toBe(page);
});

test("signInSearch: keeps what it knows", () => {
  expect(signInSearch({ next: "/models", view: "register", other: 1 })).toEqual({
    next: "/models",
    view: "register",
  });
  expect(signInSearch({ next: 3, view: "x" })).toEqual({ next: undefined, view: undefined });
});
