import { Link } from "@tanstack/react-router";
import { Boxes, FlaskConical } from "lucide-react";
import { formatMetric, metricHint, metricLabel } from "@/lib/metrics";
import { buttonClass } from "@/ui/button";
import { Stat } from "@/ui/page";
import type { PipelineRun } from "../api";
import { Figures, StageSection } from "./stage-section";

/** What came out: the model, and how good it is on images that it did not learn from. */
export function ModelStage({ run }: { run: PipelineRun }) {
  if (!run.settings.train) return <StageSection title="Model" state="skipped" isLast />;
  if (!run.model_id) return <StageSection title="Model" state="waiting" isLast />;
  const metrics = Object.entries(run.metrics ?? {});
  return (
    <StageSection title="Model" state="done" duration="ready" isLast>
      {metrics.length > 0 && (
        <Figures>
          {metrics.slice(0, 8).map(([name, value]) => (
            <div key={name} title={metricHint(name)}>
              <Stat label={metricLabel(name)} value={formatMetric(value)} />
            </div>
          ))}
        </Figures>
      )}
      <div className="flex flex-wrap gap-2">
        <Link to="/models/$modelId" params={{ modelId: run.model_id }} className={buttonClass("primary")}>
          <Boxes className="size-4" /> Open the model
        </Link>
        <Link
          to="/models/$modelId"
          params={{ modelId: run.model_id }}
          search={{ tab: "try" }}
          className={buttonClass()}
        >
          <FlaskConical className="size-4" /> Try it on an image
        </Link>
        <Link
          to="/models/$modelId"
          params={{ modelId: run.model_id }}
          search={{ tab: "evaluations" }}
          className={buttonClass()}
        >
          Its evaluation
        </Link>
      </div>
    </StageSection>
  );
}
