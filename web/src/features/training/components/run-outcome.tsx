/** How a run ended: its model, or why there is none and what to do. */

import { Link } from "@tanstack/react-router";
import { CircleAlert, CircleCheck, CircleSlash } from "lucide-react";
import type { ReactNode } from "react";
import { formatMetric, headlineOf, metricLabel } from "@/lib/metrics";
import { buttonClass } from "@/ui/button";
import type { TrainingRun } from "../api";

export function RunOutcome({ run, mayTrain }: { run: TrainingRun; mayTrain: boolean }) {
  if (run.status === "completed") {
    const best = headlineOf(run.metrics);
    return (
      <Note tone="ok" icon={<CircleCheck className="text-ok" />}>
        <p>
          It made a model{best ? `: ${metricLabel(best.name)} ${formatMetric(best.value)}` : ""}.
          {run.model_id ? "" : " The model has been deleted since."}
        </p>
        {run.model_id && (
          <Link
            to="/models/$modelId"
            params={{ modelId: run.model_id }}
            className={buttonClass("primary", "sm")}
          >
            Open the model
          </Link>
        )}
      </Note>
    );
  }
  const again = mayTrain && (
    <Link to="/training/new" search={{ from: run.id }} className={buttonClass("secondary", "sm")}>
      Change settings and try again
    </Link>
  );
  if (run.status === "failed") {
    return (
      <Note tone="danger" icon={<CircleAlert className="text-danger" />}>
        <div>
          <p className="whitespace-pre-line">{run.error_message ?? "It failed without saying why."}</p>
          <p className="text-muted">A run that failed costs nothing.</p>
        </div>
        {again}
      </Note>
    );
  }
  if (run.status === "cancelled") {
    return (
      <Note tone="warn" icon={<CircleSlash className="text-warn" />}>
        <p>
          It was cancelled{run.current_epoch > 0 ? ` after epoch ${run.current_epoch}` : ""} and left no
          model.
        </p>
        {again}
      </Note>
    );
  }
  return null;
}

const TONES = { ok: "bg-ok-soft", danger: "bg-danger-soft", warn: "bg-warn-soft" };

function Note({ tone, icon, children }: { tone: keyof typeof TONES; icon: ReactNode; children: ReactNode }) {
  return (
    <div className={`flex items-start gap-2.5 rounded-lg px-4 py-3 text-sm ${TONES[tone]}`} role="status">
      <span aria-hidden="true" className="mt-0.5 [&_svg]:size-4">
        {icon}
      </span>
      <div className="flex min-w-0 grow flex-wrap items-start justify-between gap-3 break-words">
        {children}
      </div>
    </div>
  );
}
