import { describe, expect, test } from "vitest";
import type { Shape } from "../scene";
import { boxAt, Hand, polygonOf } from "../testing";
import { panTool } from "./pan";
import { selectTool } from "./select";
import { smartBoxTool } from "./smart-box";
import { smartPointsTool } from "./smart-points";

const found: Shape = {
  ...polygonOf("theirs", [
    [10, 10],
    [50, 10],
    [50, 50],
  ]),
  name: "object",
  confidence: 0.8,
  created_by: "sam3@x",
};

describe("smart points", () => {
  test("each click asks with all points; Alt, the right button and the mode say «not this»", () => {
    const hand = new Hand(smartPointsTool)
      .click([10, 10])
      .click([50, 50], { alt: true })
      .click([90, 90], { button: 2 });
    hand.context = { options: { drawHoles: false, negativePoints: true } };
    hand.click([120, 20]);
    expect(hand.prompts.map((prompt) => prompt?.kind === "points" && prompt.points.length)).toEqual([
      1, 2, 3, 4,
    ]);
    const last = hand.prompts.at(-1);
    expect(last?.kind === "points" && last.points.map(({ isPositive }) => isPositive)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test("the first point is always the wanted object", () => {
    const hand = new Hand(smartPointsTool).click([10, 10], { button: 2 });
    expect(hand.prompts).toMatchObject([{ points: [{ isPositive: true }] }]);
  });

  test("a click on a point takes it away, the last positive one ends the prompt", () => {
    const hand = new Hand(smartPointsTool).clicks([10, 10], [50, 50], [51, 51], [11, 9]);
    expect(hand.prompts.map((prompt) => (prompt?.kind === "points" ? prompt.points.length : null))).toEqual([
      1,
      2,
      1,
      null,
    ]);
    expect(hand.draft.promptPoints).toEqual([]);
  });

  test("Enter takes what the model found, under the current class, as the engine's", () => {
    const hand = new Hand(smartPointsTool).click([10, 10]);
    expect(hand.key("Enter").notices).toHaveLength(1);
    hand.context = { preview: [found] };
    hand.key("Enter");
    expect(hand.annotations).toMatchObject([
      { id: "theirs", name: "car", confidence: 0.8, created_by: "sam3@x" },
    ]);
    expect(hand.prompts.at(-1)).toBeNull();
    expect(hand.steps).toEqual(["Accept «car»"]);
    expect(hand.draft.promptPoints).toEqual([]);
  });

  test("an id that is taken is not given twice", () => {
    const hand = new Hand(smartPointsTool, [boxAt("theirs", 0, 0, 5, 5)]).click([10, 10]);
    hand.context = { preview: [found] };
    hand.key("Enter");
    expect(hand.annotations.map(({ id }) => id)).toEqual(["theirs", "new-1"]);
  });

  test("Backspace goes one point back; Escape drops everything", () => {
    const hand = new Hand(smartPointsTool).clicks([10, 10], [50, 50]).key("Backspace");
    expect(hand.draft.promptPoints).toHaveLength(1);
    hand.key("Escape");
    expect(hand.prompts.at(-1)).toBeNull();
    expect(hand.draft.promptPoints).toEqual([]);
  });

  test("asks when the button is released, not before: a second finger may come", () => {
    const hand = new Hand(smartPointsTool).down([10, 10]);
    expect(hand.prompts).toEqual([]);
  });
});

describe("smart box", () => {
  test("asks with the box, and with another one that is drawn after it", () => {
    const hand = new Hand(smartBoxTool)
      .drag([
        [10, 10],
        [50, 60],
      ])
      .drag([
        [100, 100],
        [150, 150],
      ]);
    expect(hand.prompts).toEqual([
      { kind: "box", box: { x: 10, y: 10, w: 40, h: 50 } },
      { kind: "box", box: { x: 100, y: 100, w: 50, h: 50 } },
    ]);
    expect(hand.draft.promptBox).toEqual({ x: 100, y: 100, w: 50, h: 50 });
  });

  test("Enter takes all that was found, as one step", () => {
    const hand = new Hand(smartBoxTool).drag([
      [10, 10],
      [50, 60],
    ]);
    hand.context = { preview: [found, { ...found, id: undefined }] };
    hand.key("Enter");
    expect(hand.annotations).toHaveLength(2);
    expect(hand.steps).toEqual(["Accept 2 annotations"]);
    expect(hand.draft).toEqual({});
  });

  test("Escape and another tool end the prompt", () => {
    expect(
      new Hand(smartBoxTool)
        .drag([
          [10, 10],
          [50, 60],
        ])
        .key("Escape")
        .prompts.at(-1),
    ).toBeNull();
    expect(
      new Hand(smartBoxTool)
        .drag([
          [10, 10],
          [50, 60],
        ])
        .cancel()
        .prompts.at(-1),
    ).toBeNull();
  });
});

test("what a text prompt found is taken by Enter and dropped by Escape in every other tool", () => {
  const hand = new Hand(selectTool);
  hand.context = { preview: [found] };
  hand.key("Escape");
  expect(hand.prompts).toEqual([null]);
  hand.key("Enter");
  expect(hand.annotations).toHaveLength(1);
});

test("pan: the image follows the hand, as far as some of it stays in sight", () => {
  const hand = new Hand(panTool)
    .down([100, 100])
    .move([110, 95], { screen: { x: 110, y: 95 }, isDown: true });
  expect(hand.viewport).toEqual({ scale: 1, x: 10, y: -5 });
  hand.move([0, 0], { screen: { x: 9000, y: 95 }, isDown: true });
  expect(hand.viewport).toEqual({ scale: 1, x: 352, y: -5 });
});
