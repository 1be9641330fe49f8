/** Several runs side by side: their curves over the same epochs, and what differs between them. */

import { headlineOf, isLessBetter } from "@/lib/metrics";
import type { TrainingEpoch, TrainingRun } from "./api";

export interface ComparedRun {
  run: TrainingRun;
  epochs: readonly TrainingEpoch[];
}

/** The names of what the runs reported by epoch, those of figures first; learning rate and speed at the end. */
export function curveNames(compared: readonly ComparedRun[]): string[] {
  const all = compared.flatMap(({ epochs }) => epochs);
  const figures = new Set(all.flatMap((epoch) => Object.keys(epoch.metrics ?? {})));
  const losses = new Set(all.flatMap((epoch) => Object.keys(epoch.losses ?? {})));
  return all.length === 0 ? [] : [...figures, ...losses, "learning_rate", "images_per_second"];
}

/** The figure that decided which epoch was best, of the first run that has one. */
export function defaultCurve(compared: readonly ComparedRun[], names: readonly string[]): string | undefined {
  for (const { epochs } of compared) {
    const best = headlineOf(epochs.findLast((epoch) => headlineOf(epoch.metrics))?.metrics);
    if (best && names.includes(best.name)) return best.name;
  }
  return names.find((name) => name === "loss") ?? names[0];
}

export function pointOf(epoch: TrainingEpoch, name: string): number | null {
  if (name === "learning_rate") return epoch.learning_rate ?? null;
  if (name === "images_per_second") return epoch.images_per_second ?? null;
  return epoch.metrics?.[name] ?? epoch.losses?.[name] ?? null;
}

export interface Curves {
  x: number[];
  /** One for each run, with a value or null for each x. */
  lines: (number | null)[][];
}

export function curvesOf(compared: readonly ComparedRun[], name: string): Curves {
  const x = [...new Set(compared.flatMap(({ epochs }) => epochs.map((epoch) => epoch.epoch)))].sort(
    (a, b) => a - b,
  );
  const lines = compared.map(({ epochs }) => {
    const at = new Map(epochs.map((epoch) => [epoch.epoch, pointOf(epoch, name)]));
    return x.map((epoch) => at.get(epoch) ?? null);
  });
  return { x, lines };
}

export interface ComparedRow {
  name: string;
  values: unknown[];
  isSame: boolean;
  /** Which runs have the best value. */
  best: boolean[];
}

/** The settings of the runs; a run that leaves one to its pipeline has undefined. */
export function settingRows(runs: readonly TrainingRun[]): ComparedRow[] {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run.config ?? {})))].sort();
  return keys.map((name) =>
    rowOf(
      name,
      runs.map((run) => run.config?.[name] ?? undefined),
    ),
  );
}

/** The figures at the end. Of learning rate and speed at the last epoch nothing is best. */
export function figureRows(runs: readonly TrainingRun[]): ComparedRow[] {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run.metrics ?? {})))];
  return keys
    .filter((name) => !name.includes("/") && name !== "learning_rate" && name !== "images_per_second")
    .sort((a, b) => Number(isLessBetter(a)) - Number(isLessBetter(b)))
    .map((name) => {
      const row = rowOf(
        name,
        runs.map((run) => run.metrics?.[name] ?? undefined),
      );
      return { ...row, best: bestOf(row.values, isLessBetter(name)) };
    });
}

function rowOf(name: string, values: unknown[]): ComparedRow {
  const texts = values.map((value) => JSON.stringify(value));
  return { name, values, isSame: texts.every((text) => text === texts[0]), best: values.map(() => false) };
}

function bestOf(values: readonly unknown[], isLess: boolean): boolean[] {
  const numbers = values.map((value) => (typeof value === "number" ? value : null));
  const known = numbers.filter((value) => value !== null);
  if (known.length < 2 || known.every((value) => value === known[0])) return values.map(() => false);
  const best = isLess ? Math.min(...known) : Math.max(...known);
  return numbers.map((value) => value === best);
}
