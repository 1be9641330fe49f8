import { describe, expect, test } from "vitest";
import type { Job } from "./api";
import { isWorthTelling } from "./hooks/use-job-notifications";
import { addressOf, linkOf } from "./links";
import { jobsSearch } from "./search";
import { durationWords, endWords, stateWords } from "./words";

const JOB: Job = {
  id: "j1",
  kind: "train",
  title: "Training run signs (yolox)",
  state: "completed",
  is_cancelling: false,
  can_cancel: false,
  progress: 100,
  dataset_name: "road signs",
  subject: { kind: "training_run", id: "r1", name: "signs" },
  created_by: "ana",
  attempt: 1,
  created_at: "2026-01-02T10:00:00Z",
  started_at: "2026-01-02T10:00:05Z",
  finished_at: "2026-01-02T10:03:25Z",
};

describe("words", () => {
  test("how it stands", () => {
    expect(stateWords(JOB).label).toBe("Completed");
    expect(stateWords({ ...JOB, state: "running", is_cancelling: true }).label).toBe("Stopping");
  });
  test("how long it took, or is taking", () => {
    expect(durationWords(JOB, new Date())).toBe("3 min 20 s");
    expect(durationWords({ ...JOB, finished_at: null }, new Date("2026-01-02T10:01:05Z"))).toBe("1 min");
    expect(durationWords({ ...JOB, started_at: null }, new Date())).toBe("–");
  });
  test("what is told at its end", () => {
    expect(endWords(JOB)).toEqual({
      title: "Training run signs (yolox) is done",
      detail: "Dataset road signs in 3 min 20 s",
      tone: "ok",
    });
    expect(endWords({ ...JOB, state: "failed", error: "out of memory" }).detail).toBe("out of memory");
  });
});

describe("notifications", () => {
  test("only of one's own jobs that took long, or failed", () => {
    expect(isWorthTelling(JOB, "ana")).toBe(true);
    expect(isWorthTelling(JOB, "bo")).toBe(false);
    const short = { ...JOB, finished_at: "2026-01-02T10:00:09Z" };
    expect(isWorthTelling(short, "ana")).toBe(false);
    expect(isWorthTelling({ ...short, state: "failed" }, "ana")).toBe(true);
    expect(isWorthTelling({ ...JOB, state: "cancelled" }, "ana")).toBe(false);
  });
});

describe("links", () => {
  test("lead to what the job belongs to", () => {
    expect(linkOf(JOB)).toEqual({ to: "/training/$runId", params: { runId: "r1" } });
    expect(addressOf({ ...JOB, subject: { kind: "version", id: "v", name: "1" } })).toBe(
      "/datasets/road%20signs/versions",
    );
    expect(linkOf({ ...JOB, subject: null, dataset_name: null })).toBeNull();
  });
});

describe("search", () => {
  test("keeps what means something and drops the rest", () => {
    expect(jobsSearch({ kind: "train", state: "live", dataset: 12, mine: true, other: 1 })).toEqual({
      kind: "train",
      state: "live",
      dataset: "12",
      mine: true,
    });
    expect(jobsSearch({ kind: "nothing", state: "odd", mine: "yes" })).toEqual({});
  });
});
