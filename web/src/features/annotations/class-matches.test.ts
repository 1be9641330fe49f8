import { expect, test } from "vitest";
import { classMatches } from "./class-matches";

const CLASSES = ["stop_sign", "yield", "no_stopping", "speed_limit", "sign"];

test.each([
  ["", CLASSES],
  ["stop", ["stop_sign", "no_stopping"]],
  ["sign", ["sign", "stop_sign"]],
  ["LIMIT", ["speed_limit"]],
  ["iel", ["yield"]],
  ["tree", []],
])("%o", (typed, expected) => expect(classMatches(CLASSES, typed)).toEqual(expected));
