/** Operations of the ledger in words, and sums of what was spent. */

import { formatCount } from "@/lib/format";
import type { DailyUsage, Tariff } from "./api";

const WORDS: Record<string, string> = {
  monthly_allowance: "Monthly allowance",
  sam3_auto_annotation: "Automatic labelling",
  inference_t4: "Labelling with a trained model",
};

/** "Training on a10g", "Automatic labelling, returned". */
export function operationWords(operation: string): string {
  const refunded = /^training_refund_(.+)$/.exec(operation)?.[1];
  if (refunded) return `Training on ${refunded}, returned`;
  if (operation.endsWith("_refund")) return `${operationWords(operation.slice(0, -7))}, returned`;
  const accelerator = /^training_(.+)$/.exec(operation)?.[1];
  if (accelerator) return `Training on ${accelerator}`;
  return WORDS[operation] ?? capitalized(operation.replaceAll("_", " "));
}

/** What the server would charge for so many units: as `Tariff.total` in services/credits/prices.py. */
export function costOf(tariff: Tariff, units: number): number {
  return tariff.base + Math.ceil((tariff.credits * units) / tariff.per);
}

/** "3 + 1 for each 10 images"; a part that costs nothing is left out. */
export function tariffWords(tariff: Tariff): string {
  const [base, credits] = [formatCount(tariff.base), formatCount(tariff.credits)];
  const each =
    tariff.per === 1
      ? `${credits} for each ${tariff.unit}`
      : `${credits} for each ${formatCount(tariff.per)} ${tariff.unit}s`;
  if (tariff.credits === 0) return tariff.base === 0 ? "nothing" : base;
  return tariff.base === 0 ? each : `${base} + ${each}`;
}

export interface DayOfUse {
  /** `2026-01-31`, UTC. */
  day: string;
  total: number;
  byOperation: ReadonlyMap<string, number>;
}

/** Return one entry for each of the last days, the newest last, also for those on which nothing was spent. */
export function everyDay(usage: readonly DailyUsage[], days: number, today: Date): DayOfUse[] {
  const found = new Map<string, Map<string, number>>();
  for (const { day, operation, credits } of usage) {
    found.set(day, (found.get(day) ?? new Map()).set(operation, credits));
  }
  return Array.from({ length: days }, (_, index) => {
    const moment = new Date(today.getTime() - (days - 1 - index) * 86_400_000);
    const day = moment.toISOString().slice(0, 10);
    const byOperation = found.get(day) ?? new Map<string, number>();
    return { day, byOperation, total: [...byOperation.values()].reduce((sum, each) => sum + each, 0) };
  });
}

/** Operations, those on which most was spent first. */
export function operationsOf(usage: readonly DailyUsage[]): ReadonlyArray<readonly [string, number]> {
  const sums = new Map<string, number>();
  for (const { operation, credits } of usage) sums.set(operation, (sums.get(operation) ?? 0) + credits);
  return [...sums].sort((a, b) => b[1] - a[1]);
}

function capitalized(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
