import { expect, test } from "vitest";
import type { TrainingEpoch, TrainingRun } from "./api";
import { type ComparedRun, curveNames, curvesOf, defaultCurve, figureRows, settingRows } from "./compare";

function run(
  name: string,
  config: object,
  metrics: object,
  epochs: Partial<TrainingEpoch>[] = [],
): ComparedRun {
  return { run: { id: name, name, config, metrics } as TrainingRun, epochs: epochs as TrainingEpoch[] };
}

const ONE = run("one", { epochs: 3, seed: 1 }, { map_50: 0.5, loss: 3, "ap_50/stop": 1 }, [
  { epoch: 1, losses: { loss: 4 }, metrics: {} },
  { epoch: 2, losses: { loss: 3 }, metrics: { map_50_95: 0.2, map_50: 0.5 }, learning_rate: 0.1 },
]);
const TWO = run("two", { epochs: 3 }, { map_50: 0.7, loss: 5 }, [
  { epoch: 2, losses: { loss: 6 } },
  { epoch: 3, losses: { loss: 5 } },
]);

test("curves share their epochs; what was not reported is null", () => {
  expect(curvesOf([ONE, TWO], "loss")).toEqual({
    x: [1, 2, 3],
    lines: [
      [4, 3, null],
      [null, 6, 5],
    ],
  });
});

test("the figure that decides is shown first, the loss where there is none", () => {
  const names = curveNames([ONE, TWO]);
  expect(names).toEqual(["map_50_95", "map_50", "loss", "learning_rate", "images_per_second"]);
  expect([defaultCurve([ONE, TWO], names), defaultCurve([TWO], curveNames([TWO]))]).toEqual([
    "map_50_95",
    "loss",
  ]);
  expect(curveNames([run("new", {}, {})])).toEqual([]);
});

test("settings say which differ", () => {
  const rows = settingRows([ONE.run, TWO.run]).map(({ name, values, isSame }) => ({ name, values, isSame }));
  expect(rows).toEqual([
    { name: "epochs", values: [3, 3], isSame: true },
    { name: "seed", values: [1, undefined], isSame: false },
  ]);
});

test("the best of each figure is marked: more of a score, less of a loss", () => {
  const rows = figureRows([ONE.run, TWO.run]).map(({ name, best }) => ({ name, best }));
  expect(rows).toEqual([
    { name: "map_50", best: [false, true] },
    { name: "loss", best: [true, false] },
  ]);
});

test("equal figures have no best", () => {
  expect(figureRows([ONE.run, { ...ONE.run }])[0]?.best).toEqual([false, false]);
});
