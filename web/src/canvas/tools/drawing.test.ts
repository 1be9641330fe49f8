import { describe, expect, test } from "vitest";
import { polygonArea } from "../math/ring";
import type { Annotation } from "../scene";
import { boxAt, Hand, polygonOf } from "../testing";
import { boxTool } from "./box";
import { keypointTool } from "./keypoint";
import { polygonTool } from "./polygon";
import { polylineTool } from "./polyline";
import type { Tool } from "./tool";

const paths = (annotation: Annotation | undefined) =>
  annotation?.type === "polygon"
    ? annotation.polygon.paths.map((ring) => ring.map(({ x, y }) => [x, y]))
    : null;

describe("box", () => {
  test("is dragged in any direction", () => {
    const hand = new Hand(boxTool).drag([
      [100, 80],
      [50, 60],
      [20, 30],
    ]);
    expect(hand.annotations).toEqual([boxAt("new-1", 20, 30, 80, 50)]);
    expect([...hand.selection]).toEqual(["new-1"]);
    expect(hand.steps).toEqual(["Add «car»"]);
  });

  test("or set by two clicks, and shown in between", () => {
    const hand = new Hand(boxTool).click([20, 30]).move([60, 70]);
    expect(hand.draft.shapes).toMatchObject([{ bounding_box: { x: 20, y: 30, w: 40, h: 40 } }]);
    expect(hand.click([100, 80]).annotations).toEqual([boxAt("new-1", 20, 30, 80, 50)]);
  });

  test("the mode and the class stay for the next", () => {
    const hand = new Hand(boxTool)
      .drag([
        [0, 0],
        [20, 20],
      ])
      .drag([
        [50, 50],
        [70, 70],
      ]);
    expect(hand.annotations).toEqual([boxAt("new-1", 0, 0, 20, 20), boxAt("new-2", 50, 50, 20, 20)]);
  });

  test("ends at the image's border", () => {
    const hand = new Hand(boxTool).drag([
      [-50, -20],
      [900, 100],
    ]);
    expect(hand.annotations).toEqual([boxAt("new-1", 0, 0, 400, 100)]);
  });

  test("Shift: square; Alt: from the middle", () => {
    expect(
      new Hand(boxTool).drag(
        [
          [10, 10],
          [60, 30],
        ],
        { shift: true },
      ).annotations,
    ).toEqual([boxAt("new-1", 10, 10, 50, 50)]);
    expect(
      new Hand(boxTool).drag(
        [
          [100, 100],
          [120, 110],
        ],
        { alt: true },
      ).annotations,
    ).toEqual([boxAt("new-1", 80, 90, 40, 20)]);
  });

  test("a slip of the hand makes none, nor does a box without height", () => {
    const hand = new Hand(boxTool).drag([
      [10, 10],
      [80, 10],
    ]);
    expect(hand.annotations).toEqual([]);
    expect(hand.draft).toEqual({});
  });

  test("Escape gives it up", () => {
    const hand = new Hand(boxTool).click([20, 30]).key("Escape").move([60, 60]);
    expect(hand.draft).toEqual({});
    expect(hand.annotations).toEqual([]);
  });

  test("coordinates are kept to a hundredth of a pixel", () => {
    const hand = new Hand(boxTool).drag([
      [10.123456, 10],
      [20.987654, 30],
    ]);
    expect(hand.annotations).toMatchObject([
      { bounding_box: { x: 10.12, y: 10, w: expect.closeTo(10.87, 6), h: 20 } },
    ]);
  });
});

describe("polygon", () => {
  const corners = [
    [20, 20],
    [120, 20],
    [120, 120],
    [20, 120],
  ] as const;

  const closings: [string, (hand: Hand<unknown>) => void][] = [
    ["Enter", (hand) => hand.key("Enter")],
    ["a click on the first point", (hand) => hand.click([21, 22])],
  ];
  test.each(closings)("is closed by %s", (_, close) => {
    const hand = new Hand<unknown>(polygonTool).clicks(...corners);
    close(hand);
    expect(paths(hand.annotations[0])).toEqual([corners]);
    expect(hand.annotations[0]).toMatchObject({
      bounding_box: { x: 20, y: 20, w: 100, h: 100 },
      name: "car",
    });
    expect(hand.draft).toEqual({});
  });

  test("is closed by a double click, whose two clicks make one corner", () => {
    const hand = new Hand(polygonTool).clicks(...corners.slice(0, 3)).doubleClick([20, 120]);
    expect(paths(hand.annotations[0])).toEqual([corners]);
  });

  test("Backspace and Ctrl+Z take back one corner, the first one all", () => {
    const hand = new Hand(polygonTool)
      .clicks(...corners, [5, 5])
      .key("Backspace")
      .key("Enter");
    expect(paths(hand.annotations[0])).toEqual([corners]);
    hand.clicks([200, 200], [250, 200]).key("z", { mod: true }).key("z", { mod: true });
    expect(hand.draft).toEqual({});
    // With nothing being drawn, Ctrl+Z is the page's.
    expect(hand.isHandled("z", { mod: true })).toBe(false);
  });

  test("needs three corners", () => {
    const hand = new Hand(polygonTool).clicks([10, 10], [50, 50]).key("Enter");
    expect(hand.annotations).toEqual([]);
    expect(hand.notices).toEqual(["A polygon needs three corners."]);
    expect(hand.draft.line?.points).toHaveLength(3);
  });

  test("freehand has few points and the right area, and closes where it began", () => {
    const circle = Array.from({ length: 200 }, (_, at): [number, number] => {
      const angle = (at / 199) * 2 * Math.PI;
      return [150 + 80 * Math.cos(angle), 150 + 80 * Math.sin(angle)];
    });
    const hand = new Hand(polygonTool).drag(circle);
    const made = hand.annotations[0];
    expect(made?.type === "polygon" && made.polygon.paths[0]?.length).toBeLessThan(40);
    expect(made?.type === "polygon" && polygonArea(made.polygon.paths) / (Math.PI * 80 * 80)).toBeCloseTo(
      1,
      1,
    );
  });

  test("freehand and clicks go into one outline", () => {
    const hand = new Hand(polygonTool).drag([
      [20, 20],
      [40, 20],
      [70, 20],
      [120, 20],
    ]);
    expect(hand.annotations).toEqual([]);
    hand.clicks([120, 120], [20, 120]).key("Enter");
    expect(paths(hand.annotations[0])).toEqual([corners]);
  });

  test("is cut at the image's border", () => {
    const hand = new Hand(polygonTool).clicks([-50, 100], [50, 100], [50, 200], [-50, 200]).key("Enter");
    const made = hand.annotations[0];
    expect(made?.type === "polygon" && polygonArea(made.polygon.paths)).toBe(5000);
  });

  test("says that an outline crosses itself, and keeps it", () => {
    const hand = new Hand(polygonTool).clicks([20, 20], [120, 120], [120, 20], [20, 120]).key("Enter");
    // The two triangles are of one size and turn against each other; a longer side makes the area differ from none.
    expect(hand.annotations).toHaveLength(0);
    const other = new Hand(polygonTool).clicks([20, 20], [120, 120], [120, 20], [20, 180]).key("Enter");
    expect(other.annotations).toHaveLength(1);
    expect(other.notices).toHaveLength(1);
  });

  test("Escape and another tool give it up", () => {
    expect(new Hand(polygonTool).clicks(...corners).key("Escape").draft).toEqual({});
    expect(new Hand(polygonTool).clicks(...corners).cancel().draft).toEqual({});
  });

  describe("holes", () => {
    const owner = polygonOf("owner", [
      [0, 0],
      [200, 0],
      [200, 200],
      [0, 200],
    ]);
    const hole = [
      [50, 50],
      [100, 50],
      [100, 100],
    ] as const;

    test("Alt at the first click cuts one", () => {
      const hand = new Hand(polygonTool, [owner]).click([50, 50], { alt: true });
      hand.clicks([100, 50], [100, 100]).key("Enter");
      expect(hand.annotations).toHaveLength(1);
      expect(paths(hand.annotations[0])?.[1]).toEqual(hole);
      expect(hand.steps).toEqual(["Cut a hole in «car»"]);
    });

    test("so does the mode for those without a keyboard", () => {
      const hand = new Hand(polygonTool, [owner]);
      hand.context = { options: { drawHoles: true, negativePoints: false } };
      hand.clicks(...hole).key("Enter");
      expect(paths(hand.annotations[0])).toHaveLength(2);
    });

    test("the selected polygon has it, though a smaller one lies there", () => {
      const small = polygonOf("small", [
        [40, 40],
        [120, 40],
        [120, 120],
        [40, 120],
      ]);
      const hand = new Hand(polygonTool, [owner, small]).select("owner").click([50, 50], { alt: true });
      hand.clicks([100, 50], [100, 100]).key("Enter");
      expect(hand.annotations.map((each) => paths(each)?.length)).toEqual([2, 1]);
    });

    test("corners outside are drawn to the outline", () => {
      const hand = new Hand(polygonTool, [owner]).click([50, 50], { alt: true });
      hand.clicks([250, 50], [50, 250]).key("Enter");
      expect(paths(hand.annotations[0])?.[1]).toEqual([
        [50, 50],
        [200, 50],
        [50, 200],
      ]);
    });

    test("outside of every polygon it says so", () => {
      const hand = new Hand(polygonTool, [owner]).click([300, 250], { alt: true });
      expect(hand.notices).toHaveLength(1);
      expect(hand.draft).toEqual({});
    });
  });
});

describe("polyline", () => {
  test("is ended by Enter or a double click, and stays open", () => {
    const hand = new Hand(polylineTool).clicks([10, 10], [50, 20], [90, 90]).key("Enter");
    hand.clicks([200, 200]).doubleClick([250, 200]);
    expect(hand.annotations).toMatchObject([
      {
        type: "polyline",
        polyline: {
          path: [
            { x: 10, y: 10 },
            { x: 50, y: 20 },
            { x: 90, y: 90 },
          ],
        },
      },
      // Level: a box without area is refused by the server, so it is left to it.
      {
        polyline: {
          path: [
            { x: 200, y: 200 },
            { x: 250, y: 200 },
          ],
        },
        bounding_box: null,
      },
    ]);
  });

  test("one point is no line", () => {
    const hand = new Hand(polylineTool).click([10, 10]).key("Enter");
    expect(hand.annotations).toEqual([]);
    expect(hand.notices).toEqual(["A line needs two points."]);
  });

  test("keeps within the image", () => {
    const hand = new Hand(polylineTool).clicks([10, 10], [900, 20]).key("Enter");
    expect(hand.annotations).toMatchObject([{ polyline: { path: [{ x: 10 }, { x: 400, y: 20 }] } }]);
  });
});

describe("keypoint", () => {
  test("is where the button is released", () => {
    const hand = new Hand(keypointTool).drag([
      [10, 10],
      [14, 12.345],
    ]);
    expect(hand.annotations).toMatchObject([{ type: "keypoint", keypoint: { x: 14, y: 12.35 } }]);
    expect(hand.annotations[0]).not.toHaveProperty("bounding_box");
  });

  test("Escape before the release makes none", () => {
    expect(new Hand(keypointTool).down([10, 10]).key("Escape").up([10, 10]).annotations).toEqual([]);
  });
});

const drawing: Tool[] = [boxTool, polygonTool, polylineTool, keypointTool];
test.each(drawing)("read only: $id draws nothing", (tool) => {
  const hand = new Hand(tool);
  hand.context = { readOnly: true };
  hand.clicks([10, 10], [50, 50], [50, 90]).key("Enter");
  expect(hand.annotations).toEqual([]);
  expect(hand.draft).toEqual({});
});
