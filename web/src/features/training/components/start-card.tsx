/** What the run would cost, what stands in its way, and the button that starts it. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ApiProblem } from "@/api/client";
import type { CheckTraining, EstimateTraining } from "@/api/schema";
import { formatCount, plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Facts } from "@/ui/facts";
import { Card, CardTitle } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { ProgressBar } from "@/ui/progress-bar";
import { checkQuery, estimateQuery } from "../api";
import type { Starting } from "../hooks/use-start-run";

interface StartCardProps {
  /** Null while something is missing, which `missing` names. */
  estimate: EstimateTraining | null;
  check: CheckTraining | null;
  missing: string | null;
  starting: Starting;
  onStart: () => void;
}

export function StartCard({ estimate, check, missing, starting, onStart }: StartCardProps) {
  const quote = useQuery({ ...estimateQuery(estimate), placeholderData: keepPreviousData });
  const checked = useQuery(checkQuery(check));
  const refusal = checked.error ?? quote.error;
  const found = estimate === null ? null : quote.data;
  return (
    <Card className="flex flex-col gap-3 xl:sticky xl:top-6">
      <CardTitle>Start</CardTitle>
      <div aria-live="polite" className="min-h-28">
        {found ? (
          <Facts
            facts={[
              { name: "Takes at most", value: `${plural(found.minutes, "minute")}` },
              { name: "Costs at most", value: plural(found.credits, "credit") },
              { name: "You have", value: plural(found.credits_remaining, "credit") },
              {
                name: "Counted with",
                value: `${plural(found.images, "image")}, ${plural(found.epochs, "epoch")}`,
              },
            ]}
          />
        ) : (
          <p className="text-muted text-sm">{missing ?? "The cost is being estimated."}</p>
        )}
        {found && !found.sufficient && (
          <p className="mt-2 text-danger text-sm">
            {formatCount(found.credits - found.credits_remaining)} credits are missing. Fewer epochs, or a
            limit of minutes, cost less.
          </p>
        )}
      </div>
      {refusal && <ProblemNote problem={refusal} />}
      {starting.problem !== null && <ProblemNote problem={starting.problem} />}
      {starting.stage && (
        <div className="flex flex-col gap-1.5 text-sm" aria-live="polite">
          <p>{starting.stage}</p>
          <ProgressBar label={starting.stage} value={starting.progress} />
        </div>
      )}
      <Button
        variant="primary"
        size="lg"
        isBusy={starting.isBusy}
        disabled={missing !== null || refusal instanceof ApiProblem || found?.sufficient === false}
        onClick={onStart}
      >
        Start training
      </Button>
      <p className="text-muted text-xs">
        So many credits are held when it starts. It is charged for the minutes of its epochs; the rest comes
        back, and a run that fails costs nothing.
      </p>
    </Card>
  );
}
