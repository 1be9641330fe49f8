import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { useEffect, useState } from "react";
import { useMay } from "@/features/session/use-session";
import { formatCount } from "@/lib/format";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { EmptyState } from "@/ui/empty-state";
import { Page } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { cancelJob, isOver, type Job, jobKeys, jobsQuery, takeNewer } from "../api";
import { BrowserNotices } from "../components/browser-notices";
import { JobFilters } from "../components/job-filters";
import { JobTable } from "../components/job-table";
import { useLiveJobs } from "../hooks/live-jobs";
import { jobsSearch } from "../search";

export function JobsPage() {
  const filter = jobsSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const list = useInfiniteQuery(jobsQuery(filter));
  const live = useLiveJobs();
  const mayCancel = useMay("member");
  const [cancelling, setCancelling] = useState<Job | null>(null);
  const now = useNow(live?.some((job) => job.state === "running") ?? false);
  useFreshLists(live);
  const jobs = list.data?.pages.flatMap((page) => page.jobs) ?? [];
  const isFiltered = Object.values(filter).some(Boolean);
  const running = live?.filter((job) => !isOver(job)).length ?? 0;

  return (
    <Page
      title="Jobs"
      description={
        <span role="status">
          {running === 0
            ? "Nothing waits or runs."
            : `${formatCount(running)} ${running === 1 ? "job waits or runs" : "jobs wait or run"}.`}
        </span>
      }
      actions={<BrowserNotices />}
    >
      <JobFilters
        filter={filter}
        onChange={(next) => void navigate({ to: "/jobs", search: next, replace: true })}
      />
      {list.isError && <ProblemNote problem={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <ListSkeleton />}
      {jobs.length > 0 && <JobTable jobs={jobs} now={now} mayCancel={mayCancel} onCancel={setCancelling} />}
      {list.hasNextPage && (
        <div className="flex justify-center pt-4">
          <Button isBusy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {list.data && jobs.length === 0 && <NoJobs isFiltered={isFiltered} />}
      <CancelDialog job={cancelling} onClose={() => setCancelling(null)} />
    </Page>
  );
}

function NoJobs({ isFiltered }: { isFiltered: boolean }) {
  const navigate = useNavigate();
  if (isFiltered) {
    return (
      <EmptyState
        icon={<Activity />}
        title="No job is like that"
        action={<Button onClick={() => void navigate({ to: "/jobs", search: {} })}>Show all jobs</Button>}
      >
        No job has this kind, state and dataset together.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<Activity />}
      title="Nothing has been done in the background yet"
      action={
        <Button variant="primary" onClick={() => void navigate({ to: "/datasets" })}>
          Go to the datasets
        </Button>
      }
    >
      Labelling, training, imports and exports are jobs: they go on when you close this page, survive a
      restart of the server, and are listed here with how far they are. Upload some images to a dataset to see
      the first one.
    </EmptyState>
  );
}

function CancelDialog({ job, onClose }: { job: Job | null; onClose: () => void }) {
  const client = useQueryClient();
  return (
    <ConfirmDialog
      isOpen={job !== null}
      onClose={onClose}
      title="Cancel this job?"
      action="Cancel the job"
      isDangerous
      onConfirm={async () => {
        if (job) takeNewer(client, [await cancelJob(job.id)]);
        await client.invalidateQueries({ queryKey: jobKeys.all });
      }}
    >
      <span className="break-words">{job?.title}</span> stops within seconds. What it has done so far stays,
      and what it has not used of its credits is given back.
    </ConfirmDialog>
  );
}

/** The stream's newest states in the lists that are shown; a job that is in none of them yet is asked for. */
function useFreshLists(live: readonly Job[] | null): void {
  const client = useQueryClient();
  useEffect(() => {
    if (live === null) return;
    if (takeNewer(client, live)) void client.invalidateQueries({ queryKey: jobKeys.all });
  }, [live, client]);
}

/** The time, every second while something runs. */
function useNow(isTicking: boolean): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (!isTicking) return;
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, [isTicking]);
  return now;
}

function ListSkeleton() {
  return (
    <div role="status" aria-label="Loading jobs" className="flex flex-col gap-px">
      <Skeleton className="h-9" />
      {[0, 1, 2, 3].map((row) => (
        <Skeleton key={row} className="h-11" />
      ))}
    </div>
  );
}
