import { describe, expect, test } from "vitest";
import { CLASS_PALETTE, classColors, luminance, textOn } from "./class-colors";

describe("classColors", () => {
  test("a class keeps the colour its dataset gave it", () => {
    const colors = classColors([
      { name: "car", color: "#E6194B" },
      { name: "tree", color: null },
    ]);
    expect(colors("car")).toBe("#e6194b");
    expect(CLASS_PALETTE).toContain(colors("tree"));
  });

  test("what is no #rrggbb is no colour", () => {
    expect(CLASS_PALETTE).toContain(classColors([{ name: "car", color: "red; x" }])("car"));
  });

  test("twelve classes without colours have twelve different ones", () => {
    const names = Array.from({ length: 12 }, (_, at) => `class ${at}`);
    const colors = classColors(names.map((name) => ({ name })));
    expect(new Set(names.map(colors)).size).toBe(12);
  });

  test("a name outside the list has the same colour every time", () => {
    expect(classColors()("unknown")).toBe(classColors()("unknown"));
    expect(CLASS_PALETTE).toContain(classColors()("unknown"));
  });
});

test("luminance of black, white and red as WCAG 2 gives them", () => {
  expect(luminance("#000000")).toBe(0);
  expect(luminance("#ffffff")).toBeCloseTo(1, 9);
  expect(luminance("#ff0000")).toBeCloseTo(0.2126, 4);
});

test("text on every colour of the palette has a contrast of 4.5 or more", () => {
  for (const color of CLASS_PALETTE) {
    const [back, text] = [luminance(color), luminance(textOn(color))];
    expect((Math.max(back, text) + 0.05) / (Math.min(back, text) + 0.05)).toBeGreaterThanOrEqual(4.5);
  }
});
