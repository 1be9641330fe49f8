/** Changes to many images of a dataset that jobs make: how far they are, and a way to stop them. */

import { useMutation } from "@tanstack/react-query";
import type { Job } from "@/api/schema";
import { cancelJob } from "@/features/jobs/api";
import { useMay } from "@/features/session/use-session";
import { cx } from "@/lib/class-names";
import { Button } from "@/ui/button";
import { ProgressBar } from "@/ui/progress-bar";
import { notifyProblem } from "@/ui/toast";

interface BulkProgressProps {
  jobs: readonly Job[];
  /** Leaves its place to the bar of what is chosen. */
  isRaised?: boolean;
}

/** Floats over the images, so that none of them moves when it comes and goes. */
export function BulkProgress({ jobs, isRaised = false }: BulkProgressProps) {
  const changes = jobs.filter((job) => job.kind === "bulk_change");
  if (changes.length === 0) return null;
  return (
    <ul
      aria-label="Changes under way"
      className={cx(
        "absolute inset-x-4 z-10 mx-auto flex max-w-lg flex-col gap-2",
        isRaised ? "bottom-24" : "bottom-4",
      )}
    >
      {changes.map((job) => (
        <Change key={job.id} job={job} />
      ))}
    </ul>
  );
}

function Change({ job }: { job: Job }) {
  const mayChange = useMay("member");
  const stop = useMutation({
    mutationFn: () => cancelJob(job.id),
    onError: (error) => notifyProblem("The change was not stopped", error),
  });
  return (
    <li className="flex items-center gap-3 rounded-lg border border-line bg-surface px-3 py-2 shadow-float">
      <div className="min-w-0 grow">
        <p aria-live="polite" className="mb-1 truncate text-sm tabular-nums">
          {job.title}
          <span className="text-muted"> {job.state === "queued" ? "waits" : `${job.progress} %`}</span>
        </p>
        <ProgressBar label={job.title} value={job.progress / 100} />
      </div>
      {mayChange && (
        <Button size="sm" isBusy={stop.isPending || job.is_cancelling} onClick={() => stop.mutate()}>
          Stop
        </Button>
      )}
    </li>
  );
}
