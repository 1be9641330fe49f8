/** Classes as they are typed or pasted: names with a shape and words to look for. */

import type { BatchClass } from "@/api/schema";

export type Shape = BatchClass["output_type"];

export interface TypedClass {
  name: string;
  /** Null: as the pipeline needs it. */
  shape: Shape | null;
  /** Other words to look for than the name; empty for the name. */
  prompt: string;
}

const SHAPES: Record<string, Shape> = {
  bbox: "bbox",
  box: "bbox",
  polygon: "polygon",
  outline: "polygon",
  tag: "tag",
};

/**
 * Return the classes of a text: one a line, or several with commas or semicolons between.
 *
 * `stop_sign:polygon` says the shape, `stop_sign = red octagon` the words to look for.
 */
export function parseClasses(text: string): TypedClass[] {
  return text
    .split(/[\n,;\t]+/)
    .map((part) => part.trim().replace(/^["'[(-]+\s*|["'\])]+$/g, ""))
    .filter((part) => part !== "")
    .map((part) => {
      const [left = "", prompt = ""] = part.split("=", 2).map((each) => each.trim());
      const [name = "", word = ""] = left.split(":", 2).map((each) => each.trim());
      const shape = SHAPES[word.toLowerCase()];
      return { name: word !== "" && !shape ? left : name, shape: shape ?? null, prompt };
    })
    .filter((each) => each.name !== "");
}

/** Return the classes with others added; one that is there already stays as it is. */
export function withClasses(known: readonly TypedClass[], added: readonly TypedClass[]): TypedClass[] {
  const names = new Set(known.map((each) => each.name));
  const fresh = added.filter((each) => !names.has(each.name) && names.add(each.name));
  return [...known, ...fresh];
}

/** The shape that a pipeline learns from best. */
export function shapeFor(task: string | undefined): Shape {
  if (task === "classification") return "tag";
  return task === "object_detection" || task === undefined ? "bbox" : "polygon";
}

export function asRequest(classes: readonly TypedClass[], shape: Shape): BatchClass[] {
  return classes.map((each) => ({
    name: each.name,
    output_type: each.shape ?? shape,
    ...(each.prompt.trim() === "" ? {} : { prompt: each.prompt.trim() }),
  }));
}
