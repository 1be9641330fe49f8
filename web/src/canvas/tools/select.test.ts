import { describe, expect, test } from "vitest";
import { openHistory } from "../history";
import { ALL_VISIBLE } from "../scene";
import { boxAt, Hand, keypointAt, polygonOf, polylineOf } from "../testing";
import { selectTool } from "./select";

const triangle = polygonOf("triangle", [
  [100, 100],
  [200, 100],
  [150, 200],
]);
const withHole = polygonOf(
  "ring",
  [
    [100, 100],
    [200, 100],
    [200, 200],
    [100, 200],
  ],
  [
    [130, 130],
    [170, 130],
    [170, 170],
  ],
);
const selected = (hand: { selection: ReadonlySet<string> }) => [...hand.selection].sort();

describe("clicking", () => {
  test("the smaller of two shapes is meant, a point or a line before both", () => {
    const hand = new Hand(selectTool, [
      boxAt("small", 50, 50, 20, 20),
      boxAt("large", 0, 0, 200, 200),
      polylineOf("line", [0, 100], [200, 100]),
      keypointAt("point", 62, 62),
    ]);
    expect(selected(hand.click([53, 53]))).toEqual(["small"]);
    expect(selected(hand.click([62, 63]))).toEqual(["point"]);
    expect(selected(hand.click([150, 103]))).toEqual(["line"]);
    expect(selected(hand.click([150, 150]))).toEqual(["large"]);
    expect(selected(hand.click([300, 250]))).toEqual([]);
    expect(hand.steps).toEqual([]);
  });

  test("a hole is not the polygon", () => {
    const hand = new Hand(selectTool, [withHole]);
    expect(selected(hand.click([155, 145]))).toEqual([]);
    expect(selected(hand.click([110, 190]))).toEqual(["ring"]);
  });

  test("Shift adds and takes away; Alt goes to what lies beneath", () => {
    const hand = new Hand(selectTool, [boxAt("a", 0, 0, 50, 50), boxAt("b", 10, 10, 80, 80)]);
    hand.click([30, 30]);
    expect(selected(hand.click([80, 80], { shift: true }))).toEqual(["a", "b"]);
    expect(selected(hand.click([30, 30], { shift: true }))).toEqual(["b"]);
    hand.select("a");
    expect(selected(hand.click([30, 30], { alt: true }))).toEqual(["b"]);
    expect(selected(hand.click([30, 30], { alt: true }))).toEqual(["a"]);
  });

  test.each([
    ["hidden", { hidden: new Set(["a"]) }],
    ["locked", { locked: new Set(["a"]) }],
    ["of a hidden class", { hiddenClasses: new Set(["car"]) }],
    ["below the threshold, hidden", { threshold: 1.1, belowThreshold: "hide" as const }],
  ])("what is %s cannot be clicked, framed or moved", (_, part) => {
    const hand = new Hand(selectTool, [boxAt("a", 0, 0, 50, 50)]);
    hand.context = { visibility: { ...ALL_VISIBLE, ...part } };
    expect(selected(hand.click([25, 25]))).toEqual([]);
    expect(
      selected(
        hand.drag([
          [390, 290],
          [1, 1],
        ]),
      ),
    ).toEqual([]);
    hand.select("a").key("ArrowLeft").key("Delete");
    expect(hand.steps).toEqual([]);
  });
});

describe("a frame", () => {
  const shapes = [
    boxAt("in", 20, 20, 10, 10),
    boxAt("partly", 90, 20, 40, 10),
    boxAt("out", 150, 20, 10, 10),
    polylineOf("through", [0, 60], [399, 61]),
    keypointAt("point", 50, 90),
    polygonOf("around", [
      [0, 0],
      [399, 0],
      [399, 299],
      [0, 299],
    ]),
  ];

  test("catches what lies in it wholly or partly, and what lies around it", () => {
    const hand = new Hand(selectTool, shapes.slice(0, 5));
    hand.drag([
      [10, 10],
      [50, 50],
      [100, 100],
    ]);
    expect(selected(hand)).toEqual(["in", "partly", "point", "through"]);
  });

  test("Shift keeps what was selected", () => {
    const hand = new Hand(selectTool, shapes.slice(0, 5));
    hand.select("out").drag(
      [
        [10, 10],
        [40, 40],
      ],
      { shift: true },
    );
    expect(selected(hand)).toEqual(["in", "out"]);
  });

  test("is shown while it is dragged", () => {
    const hand = new Hand(selectTool, shapes.slice(0, 5));
    hand.down([10, 10]).move([30, 50], { isDown: true });
    expect(hand.draft.frame).toEqual({ x: 10, y: 10, w: 20, h: 40 });
  });
});

describe("moving", () => {
  test("what is pressed is selected and moved in one go, as one step", () => {
    const hand = new Hand(selectTool, [boxAt("a", 10, 10, 20, 20)]);
    hand.drag([
      [20, 20],
      [25, 22],
      [40, 30],
    ]);
    expect(hand.annotations).toEqual([boxAt("a", 30, 20, 20, 20)]);
    expect(hand.steps).toEqual(["Move «car»"]);
  });

  test("all selected move together, with holes and lines", () => {
    const hand = new Hand(selectTool, [withHole, polylineOf("line", [10, 10], [20, 30])]);
    hand.select("ring", "line").drag([
      [105, 150],
      [115, 145],
    ]);
    expect(hand.annotations[0]).toMatchObject({
      bounding_box: { x: 110, y: 95, w: 100, h: 100 },
      polygon: { paths: [{ 0: { x: 110, y: 95 } }, { 0: { x: 140, y: 125 } }] },
    });
    expect(hand.annotations[1]).toMatchObject({
      polyline: {
        path: [
          { x: 20, y: 5 },
          { x: 30, y: 25 },
        ],
      },
    });
    expect(hand.steps).toHaveLength(1);
  });

  test("what is selected is dragged though something smaller lies over it", () => {
    const hand = new Hand(selectTool, [boxAt("large", 0, 0, 100, 100), boxAt("small", 40, 40, 20, 20)]);
    hand.select("large").drag([
      [50, 50],
      [60, 50],
    ]);
    expect(hand.annotations[0]).toEqual(boxAt("large", 10, 0, 100, 100));
    expect(hand.annotations[1]).toEqual(boxAt("small", 40, 40, 20, 20));
  });

  test("the image's border stops the whole group", () => {
    const hand = new Hand(selectTool, [boxAt("a", 10, 10, 20, 20), boxAt("b", 100, 10, 20, 20)]);
    hand.select("a", "b").drag([
      [20, 20],
      [-500, 20],
    ]);
    expect(hand.annotations).toEqual([boxAt("a", 0, 10, 20, 20), boxAt("b", 90, 10, 20, 20)]);
  });

  test("Shift keeps to one direction", () => {
    const hand = new Hand(selectTool, [boxAt("a", 10, 10, 20, 20)]);
    hand.drag([
      [20, 20],
      [50, 27],
    ]);
    hand.select("a").move([50, 27]).down([50, 27]).move([80, 35], { shift: true }).up([80, 35]);
    expect(hand.annotations).toEqual([boxAt("a", 70, 17, 20, 20)]);
  });

  test("a trembling hand moves nothing", () => {
    const hand = new Hand(selectTool, [boxAt("a", 10, 10, 20, 20)]);
    hand.drag([
      [20, 20],
      [21, 21],
      [20, 20],
    ]);
    expect(hand.steps).toEqual([]);
    expect(selected(hand)).toEqual(["a"]);
  });

  test("Escape in the middle leaves it where it was", () => {
    const hand = new Hand(selectTool, [boxAt("a", 10, 10, 20, 20)]);
    hand.down([20, 20]).move([50, 50], { isDown: true }).key("Escape").up([50, 50]);
    expect(hand.steps).toEqual([]);
  });

  test("the rest of the annotation stays as it was", () => {
    const machine = {
      ...boxAt("a", 10, 10, 20, 20),
      confidence: 0.5,
      created_by: "sam3@x",
      attributes: ["k"],
    };
    const hand = new Hand(selectTool, [machine]).drag([
      [20, 20],
      [30, 20],
    ]);
    expect(hand.annotations[0]).toEqual({ ...machine, bounding_box: { x: 20, y: 10, w: 20, h: 20 } });
  });
});

describe("handles of a box", () => {
  test.each([
    ["lower right", [60, 60], [80, 90], { x: 10, y: 10, w: 70, h: 80 }],
    ["upper side", [35, 10], [200, 0], { x: 10, y: 0, w: 50, h: 60 }],
    ["left side past the right", [10, 35], [100, 35], { x: 60, y: 10, w: 40, h: 50 }],
    ["out of the image", [60, 60], [900, 900], { x: 10, y: 10, w: 390, h: 290 }],
  ] as const)("%s", (_, from, to, box) => {
    const hand = new Hand(selectTool, [boxAt("a", 10, 10, 50, 50)]).select("a");
    hand.drag([from, to]);
    expect(hand.annotations[0]).toMatchObject({ bounding_box: box });
    expect(hand.steps).toEqual(["Resize «car»"]);
  });

  test("no box is dragged to nothing", () => {
    const hand = new Hand(selectTool, [boxAt("a", 10, 10, 50, 50)]).select("a");
    hand.drag([
      [60, 60],
      [40, 40],
      [10, 10],
    ]);
    expect(hand.annotations[0]).toMatchObject({ bounding_box: { w: 30, h: 30 } });
  });
});

describe("vertices", () => {
  test("are dragged", () => {
    const hand = new Hand(selectTool, [triangle]).select("triangle");
    hand.drag([
      [150, 200],
      [160, 250],
    ]);
    expect(hand.annotations[0]).toMatchObject({
      polygon: {
        paths: [
          [
            { x: 100, y: 100 },
            { x: 200, y: 100 },
            { x: 160, y: 250 },
          ],
        ],
      },
      bounding_box: { x: 100, y: 100, w: 100, h: 150 },
    });
  });

  test("the middle of an edge becomes one, also of a hole", () => {
    const hand = new Hand(selectTool, [withHole]).select("ring");
    hand.drag([
      [150, 130],
      [150, 120],
    ]);
    expect(hand.annotations[0]).toMatchObject({
      polygon: { paths: [{ length: 4 }, [{ x: 130 }, { x: 150, y: 120 }, { x: 170 }, { x: 170 }]] },
    });
    expect(hand.steps).toEqual(["Add a point to «car»"]);
  });

  test("a double click on an edge makes one there", () => {
    const hand = new Hand(selectTool, [triangle]).select("triangle");
    hand.doubleClick([120, 101]);
    expect(hand.annotations[0]).toMatchObject({
      polygon: { paths: [[{ x: 100 }, { x: 120, y: 100 }, {}, {}]] },
    });
  });

  test("Alt and a click deletes; so does Delete after a click", () => {
    const square = polygonOf("square", [
      [100, 100],
      [200, 100],
      [200, 200],
      [100, 200],
    ]);
    const hand = new Hand(selectTool, [square]).select("square");
    hand.click([200, 100], { alt: true });
    expect(hand.annotations).toMatchObject([{ polygon: { paths: [{ length: 3 }] } }]);
    hand.click([100, 200]).key("Delete");
    expect(hand.notices).toHaveLength(1);
    expect(hand.annotations).toHaveLength(1);
  });

  test("a hole of three points that loses one is gone", () => {
    const hand = new Hand(selectTool, [withHole]).select("ring");
    hand.click([130, 130]).key("Delete");
    expect(hand.annotations[0]).toMatchObject({ polygon: { paths: { length: 1 } } });
  });

  test("arrow keys move the one that was clicked, and all nudges are one step", () => {
    const hand = new Hand(selectTool, [triangle]).select("triangle");
    hand.click([150, 200]).key("ArrowDown").key("ArrowDown", { shift: true }).key("ArrowLeft");
    expect(hand.annotations[0]).toMatchObject({ polygon: { paths: [[{}, {}, { x: 149, y: 211 }]] } });
    expect(hand.steps).toEqual(["Move a point"]);
  });

  test("of a line: two are left at least", () => {
    const hand = new Hand(selectTool, [polylineOf("line", [10, 10], [100, 10], [100, 100])]).select("line");
    hand.click([10, 10], { alt: true });
    hand.click([100, 10], { alt: true });
    expect(hand.annotations[0]).toMatchObject({ polyline: { path: { length: 2 } } });
    expect(hand.notices).toHaveLength(1);
  });

  test("stay in the image", () => {
    const hand = new Hand(selectTool, [triangle]).select("triangle");
    hand.drag([
      [150, 200],
      [150, 900],
    ]);
    expect(hand.annotations[0]).toMatchObject({ polygon: { paths: [[{}, {}, { x: 150, y: 300 }]] } });
  });
});

describe("keys", () => {
  test("arrows nudge by 1 and with Shift by 10 pixels, at every zoom", () => {
    const hand = new Hand(selectTool, [boxAt("a", 100, 100, 20, 20)]).select("a");
    hand.viewport = { scale: 0.25, x: 0, y: 0 };
    hand.key("ArrowRight").key("ArrowDown", { shift: true });
    expect(hand.annotations).toEqual([boxAt("a", 101, 110, 20, 20)]);
    expect(hand.steps).toHaveLength(1);
  });

  test("Alt and arrows change the size of a box", () => {
    const hand = new Hand(selectTool, [boxAt("a", 100, 100, 20, 20)]).select("a");
    hand.key("ArrowRight", { alt: true }).key("ArrowUp", { alt: true, shift: true });
    expect(hand.annotations).toEqual([boxAt("a", 100, 100, 21, 10)]);
  });

  test("Delete, Ctrl+D, Ctrl+A, Escape", () => {
    const hand = new Hand(selectTool, [boxAt("a", 100, 100, 20, 20), keypointAt("k", 5, 5)]);
    expect(selected(hand.key("a", { mod: true }))).toEqual(["a", "k"]);
    expect(selected(hand.key("Escape"))).toEqual([]);
    hand.select("a").key("d", { mod: true });
    expect(hand.annotations).toHaveLength(3);
    expect(hand.annotations[2]).toEqual(boxAt("new-1", 112, 112, 20, 20));
    expect(selected(hand)).toEqual(["new-1"]);
    hand.key("Delete");
    expect(hand.annotations.map(({ id }) => id)).toEqual(["a", "k"]);
    expect(selected(hand)).toEqual([]);
  });

  test("mean nothing without a selection, so that the page may use them", () => {
    const hand = new Hand(selectTool, [boxAt("a", 100, 100, 20, 20)]);
    expect(["ArrowLeft", "Delete", "Escape", "Enter", "x"].filter((key) => hand.isHandled(key))).toEqual([]);
    hand.select("a");
    expect(["ArrowLeft", "Delete", "Escape", "Enter", "x"].filter((key) => hand.isHandled(key))).toEqual([
      "ArrowLeft",
      "Delete",
      "Escape",
    ]);
  });
});

test("what was undone or hidden under the pointer is not pointed at any more", () => {
  const hand = new Hand(selectTool, [boxAt("a", 10, 10, 50, 50)]).move([30, 30]);
  expect(hand.draft.hovered).toEqual(boxAt("a", 10, 10, 50, 50));
  hand.history = openHistory({ annotations: [boxAt("a", 200, 200, 50, 50)] });
  expect(hand.draft.hovered).toEqual(boxAt("a", 200, 200, 50, 50));
  hand.context = { visibility: { ...ALL_VISIBLE, hidden: new Set(["a"]) } };
  expect(hand.draft.hovered).toBeUndefined();
});

test("read only: selecting works, nothing changes", () => {
  const hand = new Hand(selectTool, [boxAt("a", 10, 10, 50, 50), triangle]);
  hand.context = { readOnly: true };
  hand
    .click([30, 30])
    .drag([
      [60, 60],
      [90, 90],
    ])
    .drag([
      [30, 30],
      [90, 90],
    ]);
  hand.key("ArrowLeft").key("Delete").key("d", { mod: true });
  expect(hand.steps).toEqual([]);
  expect(selected(hand)).toEqual(["a"]);
});
