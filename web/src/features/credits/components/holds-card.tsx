import { Link } from "@tanstack/react-router";
import { formatCount } from "@/lib/format";
import { Card, CardTitle } from "@/ui/page";
import { ProgressBar } from "@/ui/progress-bar";
import { TimeAgo } from "@/ui/time-ago";
import type { OpenHold } from "../api";
import { operationWords } from "../words";

/** What running work set aside, and how much of it is spent; null while nobody knows. */
export function HoldsCard({ holds }: { holds: readonly OpenHold[] | null }) {
  return (
    <Card>
      <CardTitle
        actions={
          <Link to="/jobs" className="text-accent text-sm hover:underline">
            Jobs
          </Link>
        }
      >
        Set aside for running work
      </CardTitle>
      {holds === null && <p className="min-h-10 text-muted text-sm">…</p>}
      {holds?.length === 0 && (
        <p className="text-muted text-sm">
          Nothing now. A job sets aside what it may cost when it starts, spends it as its work is saved, and
          gives back the rest when it ends, however it ends.
        </p>
      )}
      <ul className="divide-y divide-line">
        {holds?.map((hold) => (
          <li key={hold.job_id} className="flex flex-col gap-1.5 py-2 text-sm">
            <div className="flex justify-between gap-3">
              <span>
                {operationWords(hold.operation)}, <TimeAgo at={hold.created_at} />
              </span>
              <span className="text-muted tabular-nums">
                {formatCount(hold.captured)} of {formatCount(hold.amount)} spent
              </span>
            </div>
            <ProgressBar
              label={`${operationWords(hold.operation)}: spent of what is set aside`}
              value={hold.captured / hold.amount}
            />
          </li>
        ))}
      </ul>
    </Card>
  );
}
