import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { OctagonX, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/features/session/use-session";
import { formatMetric, headlineMetrics, metricHint, metricLabel } from "@/lib/metrics";
import { taskOfPipeline } from "@/lib/pipelines";
import { Button, buttonClass } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Card, Page, Stat } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { cancelRun, runQuery, type TrainingRun } from "../api";
import { MetricsTable } from "../components/metrics-table";
import { RunCharts } from "../components/run-charts";
import { RunFacts } from "../components/run-facts";
import { RunMessages } from "../components/run-messages";
import { RunOutcome } from "../components/run-outcome";
import { RunSplits } from "../components/run-splits";
import { RunProgress } from "../components/run-stages";
import { RunStatusBadge } from "../components/run-status";
import { useLiveRun } from "../hooks/use-live-run";

export function TrainingRunPage() {
  const { runId = "" } = useParams({ strict: false });
  const { run, epochs, messages, isUnderWay } = useLiveRun(runId);
  const mayTrain = useMay("member");

  if (run.isError && !run.data) {
    return (
      <Page title="Training run">
        <ProblemNote problem={run.error} onRetry={() => void run.refetch()} />
      </Page>
    );
  }
  if (!run.data) return <PageSkeleton />;
  return (
    <Page
      title={run.data.name}
      description={
        <Link to="/training" className="hover:text-accent hover:underline">
          Training
        </Link>
      }
      actions={
        <>
          <RunStatusBadge status={run.data.status} />
          {mayTrain && !isUnderWay && (
            <Link to="/training/new" search={{ from: runId }} className={buttonClass()}>
              <RotateCcw aria-hidden="true" className="size-4" />
              Train again
            </Link>
          )}
          {mayTrain && isUnderWay && <CancelButton run={run.data} />}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {isUnderWay && (
          <Card>
            <RunProgress run={run.data} />
          </Card>
        )}
        <RunOutcome run={run.data} mayTrain={mayTrain} />
        <Remarks remarks={run.data.remarks ?? []} />
        <Headline run={run.data} />
        <RunCharts epochs={epochs ?? []} isUnderWay={isUnderWay || epochs === undefined} />
        <div className="grid items-start gap-4 xl:grid-cols-2">
          <RunFacts run={run.data} />
          <RunMessages messages={messages} />
        </div>
        {run.data.status === "completed" && <MetricsTable metrics={run.data.metrics ?? {}} />}
        {run.data.current_epoch > 0 && <RunSplits run={run.data} />}
      </div>
    </Page>
  );
}

function Headline({ run }: { run: TrainingRun }) {
  const names = headlineMetrics(taskOfPipeline(run.pipeline_type)).filter(
    (name) => typeof run.metrics?.[name] === "number",
  );
  if (names.length === 0) return null;
  return (
    <Card className="grid grid-cols-2 gap-4 md:grid-cols-4">
      {names.map((name) => (
        <Stat
          key={name}
          label={metricLabel(name)}
          value={formatMetric(run.metrics?.[name] as number)}
          hint={metricHint(name)}
        />
      ))}
    </Card>
  );
}

function Remarks({ remarks }: { remarks: readonly string[] }) {
  if (remarks.length === 0) return null;
  return (
    <div className="rounded-lg bg-warn-soft px-4 py-3 text-sm">
      <h2 className="font-medium">Worth knowing</h2>
      <ul className="mt-1 list-disc pl-5 text-muted">
        {remarks.map((remark) => (
          <li key={remark}>{remark}</li>
        ))}
      </ul>
    </div>
  );
}

function CancelButton({ run }: { run: TrainingRun }) {
  const client = useQueryClient();
  const [isAsked, setIsAsked] = useState(false);
  const cancel = useMutation({
    mutationFn: () => cancelRun(run.id),
    onSuccess: (ended) => {
      client.setQueryData(runQuery(run.id).queryKey, ended);
      void client.invalidateQueries({ queryKey: ["training"] });
    },
  });
  return (
    <>
      <Button onClick={() => setIsAsked(true)}>
        <OctagonX aria-hidden="true" className="size-4" /> Cancel
      </Button>
      <ConfirmDialog
        isOpen={isAsked}
        onClose={() => setIsAsked(false)}
        title="Cancel this run?"
        action="Cancel the run"
        isDangerous
        onConfirm={() => cancel.mutateAsync()}
      >
        It stops within seconds and leaves no model. The minutes that it trained are paid for, the rest of the
        credits held for it comes back.
      </ConfirmDialog>
    </>
  );
}

function PageSkeleton() {
  return (
    <Page title="Training run" heading={<Skeleton className="h-7 w-64" />}>
      <div className="flex flex-col gap-4">
        <Skeleton className="h-16" />
        <div className="grid gap-4 xl:grid-cols-2">
          <Skeleton className="h-80" />
          <Skeleton className="h-80" />
        </div>
      </div>
    </Page>
  );
}
