import { CircleAlert } from "lucide-react";
import { ApiProblem } from "@/api/client";
import { Button } from "./button";
import { WithCode } from "./with-code";

interface ProblemNoteProps {
  problem: unknown;
  onRetry?: () => void;
}

/** What went wrong, in the server's words, and what to do next. */
export function ProblemNote({ problem, onRetry }: ProblemNoteProps) {
  const message = problem instanceof Error ? problem.message : String(problem);
  const fix = problem instanceof ApiProblem ? problem.fix : null;
  return (
    <div role="alert" className="flex items-start gap-2.5 rounded-md bg-danger-soft px-3 py-2.5 text-sm">
      <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-danger" />
      <div className="min-w-0 grow break-words">
        <p className="text-text">
          <WithCode text={message} />
        </p>
        {fix && (
          <p className="text-muted">
            <WithCode text={fix} />
          </p>
        )}
      </div>
      {onRetry && (
        <Button size="sm" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
