import { describe, expect, test } from "vitest";
import { classColors } from "@/lib/class-colors";
import type { Shape } from "../scene";
import { thumbnailPaths } from "./thumbnail-paths";

const colors = classColors([
  { name: "car", color: "#ff0000" },
  { name: "person", color: "#00ff00" },
]);
const image = { width: 256, height: 128 };
const box = (name: string, x: number, confidence = 1): Shape => ({
  name,
  type: "bbox",
  bounding_box: { x, y: 10, w: 20, h: 10 },
  confidence,
});

describe("thumbnailPaths", () => {
  test("shapes of a class are one path", () => {
    const paths = thumbnailPaths([box("car", 0), box("person", 40), box("car", 80)], image, colors);
    expect(paths.map(({ color, d }) => [color, d.split("M").length - 1])).toEqual([
      ["#ff0000", 2],
      ["#00ff00", 1],
    ]);
    expect(paths[1]?.d).toBe("M40 10L60 10L60 20L40 20Z");
  });

  test("holes turn the other way than the outside, whichever way they came", () => {
    const outer = [
      { x: 0, y: 0 },
      { x: 0, y: 100 },
      { x: 100, y: 100 },
      { x: 100, y: 0 },
    ];
    const hole = [
      { x: 20, y: 20 },
      { x: 20, y: 60 },
      { x: 60, y: 60 },
    ];
    const polygon: Shape = { name: "car", type: "polygon", polygon: { paths: [outer, hole] }, confidence: 1 };
    const [path] = thumbnailPaths([polygon], image, colors);
    expect(path?.d).toBe("M100 0L100 100L0 100L0 0ZM20 20L20 60L60 60Z");
  });

  test("less confidence than the threshold is left out", () => {
    const shapes = [box("car", 0, 0.2), box("car", 40, 0.9)];
    expect(thumbnailPaths(shapes, image, colors, 0.5)[0]?.d).toBe("M40 10L60 10L60 20L40 20Z");
    expect(thumbnailPaths(shapes, image, colors, 0.95)).toEqual([]);
  });

  test("of thousands the 200 largest are drawn", () => {
    const many = Array.from({ length: 3000 }, (_, at): Shape => {
      return { name: "car", type: "bbox", bounding_box: { x: 0, y: 0, w: 1 + at, h: 5 }, confidence: 1 };
    });
    const [path] = thumbnailPaths(many, { width: 4000, height: 10 }, colors);
    expect(path?.d.match(/M/g)).toHaveLength(200);
    expect(path?.d).toContain("L3000 0");
    expect(path?.d).not.toContain("L2800 0");
  });

  test("an answer is made once for a list", () => {
    const shapes = [box("car", 0)];
    expect(thumbnailPaths(shapes, image, colors)).toBe(thumbnailPaths(shapes, image, colors));
  });
});
