import { cx } from "@/lib/class-names";
import type { PipelineRun, StageState } from "../api";
import { STAGE_LABELS, STAGES, STATE_LABELS, stageOf } from "../words";

const COLORS: Record<StageState, string> = {
  waiting: "bg-line",
  running: "bg-accent animate-pulse",
  done: "bg-ok",
  failed: "bg-danger",
  skipped: "bg-line/50",
  cancelled: "bg-line-strong",
};

/** The stages of a run as a strip of four: what is done, what is under way, where it stopped. */
export function StageStrip({ run }: { run: PipelineRun }) {
  const words = STAGES.map(
    (stage) => `${STAGE_LABELS[stage]} ${STATE_LABELS[stageOf(run, stage).state ?? "waiting"]}`,
  ).join(", ");
  return (
    <div role="img" aria-label={words} title={words} className="flex w-20 gap-1 lg:w-28">
      {STAGES.map((stage) => (
        <span
          key={stage}
          className={cx("h-1.5 grow rounded-full", COLORS[stageOf(run, stage).state ?? "waiting"])}
        />
      ))}
    </div>
  );
}
