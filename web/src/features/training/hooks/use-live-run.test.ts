import { expect, test } from "vitest";
import type { TrainingEpoch } from "../api";
import { withEpoch } from "./use-live-run";

const epoch = (number: number, loss = number) =>
  ({ epoch: number, losses: { loss } }) as unknown as TrainingEpoch;

test("epochs are added as they come", () => {
  expect(withEpoch([epoch(1)], epoch(2)).map((each) => each.epoch)).toEqual([1, 2]);
});

test("an epoch that comes again after a crash replaces the one before", () => {
  const known = [epoch(1), epoch(2, 5), epoch(3)];
  expect(withEpoch(known, epoch(2, 4)).map((each) => [each.epoch, each.losses?.loss])).toEqual([
    [1, 1],
    [2, 4],
    [3, 3],
  ]);
});
