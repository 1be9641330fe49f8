import { expect, test } from "vitest";
import { asRequest, parseClasses, shapeFor, withClasses } from "./classes";

test("classes: a pasted list, whatever is between them", () => {
  const names = parseClasses('stop_sign, yield;  "give way"\n- no entry\n\n').map((each) => each.name);
  expect(names).toEqual(["stop_sign", "yield", "give way", "no entry"]);
});

test("classes: with a shape and with words to look for", () => {
  expect(parseClasses("a:box, b:polygon = big red thing, c:d")).toEqual([
    { name: "a", shape: "bbox", prompt: "" },
    { name: "b", shape: "polygon", prompt: "big red thing" },
    { name: "c:d", shape: null, prompt: "" },
  ]);
});

test("classes: each is there once", () => {
  const known = parseClasses("a:tag");
  expect(withClasses(known, parseClasses("a, b, b"))).toEqual([
    { name: "a", shape: "tag", prompt: "" },
    { name: "b", shape: null, prompt: "" },
  ]);
});

test("classes: sent with the shape of the pipeline where none was chosen", () => {
  expect(asRequest(parseClasses("a, b:tag = x"), shapeFor("instance_segmentation"))).toEqual([
    { name: "a", output_type: "polygon" },
    { name: "b", output_type: "tag", prompt: "x" },
  ]);
  expect([shapeFor("object_detection"), shapeFor("classification")]).toEqual(["bbox", "tag"]);
});
