/** Imports go one way: app → features → canvas, ui → api → lib. The test shows the line that bends this. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(__dirname);
/** What each layer may import, itself besides. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  lib: [],
  api: ["lib"],
  ui: ["api", "lib"],
  canvas: ["ui", "api", "lib"],
  features: ["canvas", "ui", "api", "lib"],
  app: ["features", "canvas", "ui", "api", "lib"],
};
/**
 * What every feature may use of another: its queries, the live jobs, and who is signed in. Whole pages are put together in app/.
 * Uploads are a part of several pages, and a pipeline run has a training in it.
 */
const SHARED =
  /^features\/(?:[a-z-]+\/(?:api|search)|jobs\/hooks\/live-jobs|session\/(?:use-session|role-note)|uploads\/.+|training\/(?:config-schema|hooks\/use-live-run|components\/(?:pipeline-cards|settings-form|run-charts)))$/;

const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter(
  (path) => /\.tsx?$/.test(path) && !/\.d\.ts$/.test(path),
);

function importsOf(path: string): string[] {
  const source = readFileSync(join(ROOT, path), "utf8");
  return [...source.matchAll(/(?:from|import)\s*\(?\s*"((?:@\/|\.)[^"]+)"/g)].map(([, target = ""]) =>
    target.startsWith("@/") ? target.slice(2) : relative(ROOT, resolve(ROOT, dirname(path), target)),
  );
}

function problemOf(path: string, target: string): string | null {
  const [layer = "", feature = ""] = path.split("/");
  const [into = "", intoFeature = ""] = target.split("/");
  const rules = MAY_IMPORT[layer];
  if (rules === undefined) return null;
  if (into !== layer) return rules.includes(into) ? null : `${layer} may not import ${into}`;
  if (layer === "features" && feature !== intoFeature && !SHARED.test(target)) {
    return "features do not import each other";
  }
  return null;
}

test("imports: go one way", () => {
  const problems = files.flatMap((path) =>
    importsOf(path).flatMap((target) => {
      const problem = problemOf(path, target);
      return problem === null ? [] : [`${path} imports ${target}: ${problem}`];
    }),
  );
  expect(problems).toEqual([]);
});

test("imports: the test sees those there are", () => {
  expect(importsOf("app/routes.tsx")).toContain("features/session/api");
  expect(problemOf("ui/button.tsx", "features/session/api")).not.toBeNull();
  expect(problemOf("features/a/pages/x.tsx", "features/b/components/y")).not.toBeNull();
});
