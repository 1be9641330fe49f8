import { expect, test } from "vitest";
import { asTyped, rangeWords, readSettings, type Setting, settingsOf } from "./config-schema";

const SCHEMA = {
  properties: {
    seed: { type: "integer", default: 0, minimum: 0, description: "The same seed gives the same model." },
    epochs: {
      anyOf: [{ type: "integer", minimum: 1, maximum: 2000 }, { type: "null" }],
      default: null,
      description: "Passes over the train split. Default: enough steps to learn from it.",
    },
    image_size: {
      anyOf: [{ type: "integer", minimum: 64, maximum: 2048, multipleOf: 32 }, { type: "null" }],
      default: null,
    },
    learning_rate: {
      anyOf: [{ type: "number", exclusiveMinimum: 0, maximum: 1 }, { type: "null" }],
      default: null,
    },
    flip: { type: "boolean", default: true },
    weights: { enum: ["auto", "scratch"], type: "string", default: "auto" },
    model_type: {
      anyOf: [{ type: "string", maxLength: 5 }, { type: "null" }],
      default: null,
      examples: ["abc"],
    },
    size: { $ref: "#/$defs/Size", default: 2 },
    anchors: { type: "array", items: { type: "number" }, default: [1, 2] },
    mixed: { anyOf: [{ type: "integer" }, { type: "boolean" }], default: 1 },
    nullable: { type: ["integer", "null"], default: null },
  },
  $defs: { Size: { enum: [1, 2, 4], type: "integer" } },
};
const SETTINGS = settingsOf(SCHEMA);
const setting = (key: string) => SETTINGS.find((each) => each.key === key) as Setting;

test("the main settings come first, the others are folded", () => {
  expect(SETTINGS.filter((each) => !each.isAdvanced).map((each) => each.key)).toEqual([
    "epochs",
    "image_size",
    "model_type",
    "weights",
  ]);
});

test.each([
  ["epochs", "integer"],
  ["learning_rate", "number"],
  ["flip", "boolean"],
  ["weights", "choice"],
  ["model_type", "text"],
  ["size", "choice"],
  ["anchors", "json"],
  ["mixed", "json"],
  ["nullable", "integer"],
])("%s is drawn as %s", (key, kind) => {
  expect(setting(key).kind).toBe(kind);
});

test("a description tells what it is, and what happens without", () => {
  expect([setting("epochs").description, setting("epochs").fallback]).toEqual([
    "Passes over the train split.",
    "enough steps to learn from it",
  ]);
});

test("what was not changed is not sent", () => {
  const typed = { epochs: "", flip: "true", weights: "auto", anchors: "[1,2]", seed: "0" };
  expect(readSettings(SETTINGS, typed)).toEqual({ config: {}, problems: {} });
});

test("what was changed is sent in its type", () => {
  const typed = {
    epochs: "3",
    learning_rate: "1e-3",
    flip: "false",
    model_type: "abc",
    size: "4",
    mixed: "true",
  };
  expect(readSettings(SETTINGS, typed).config).toEqual({
    epochs: 3,
    learning_rate: 0.001,
    flip: false,
    model_type: "abc",
    size: 4,
    mixed: true,
  });
});

test.each([
  ["epochs", "0", "It has to be 1 to 2000."],
  ["epochs", "1.5", "It has to be a whole number."],
  ["epochs", "many", "It has to be a number."],
  ["image_size", "100", "It has to be a multiple of 32."],
  ["learning_rate", "0", "It has to be more than 0, up to 1."],
  ["seed", "", "It needs a value."],
  ["model_type", "abcdef", "At most 5 characters."],
  ["anchors", "1, 2", 'Write it as JSON: 3, "text", [1, 2] …'],
])("%s of %j: %s", (key, text, problem) => {
  expect(readSettings(SETTINGS, { [key]: text }).problems).toEqual({ [key]: problem });
});

test("ranges and values in words", () => {
  expect([rangeWords(setting("seed")), rangeWords(setting("flip"))]).toEqual(["0 or more", ""]);
  expect([asTyped(setting("anchors"), [3]), asTyped(setting("epochs"), null)]).toEqual(["[3]", ""]);
});

test("a schema without settings has no fields", () => {
  expect(settingsOf(null)).toEqual([]);
});
