/** How a model was measured: at the end of its training and since, and the form to measure it again. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import {
  createEvaluation,
  type EvaluationRun,
  evaluationsQuery,
  isLive,
  TRAINING_EVALUATION,
  trainingEvaluationQuery,
} from "@/features/evaluations/api";
import { useMay } from "@/features/session/use-session";
import { datasetChoiceQuery } from "@/features/training/api";
import { formatMetric, headlineOf, metricLabel } from "@/lib/metrics";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { SelectField } from "@/ui/field";
import { Card, CardTitle } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { ProgressBar } from "@/ui/progress-bar";
import { Skeleton } from "@/ui/skeleton";
import { Table, Td, Th, Tr } from "@/ui/table";
import { TimeAgo } from "@/ui/time-ago";
import type { Model } from "../api";

const TONES: Record<EvaluationRun["status"], { label: string; tone: Tone }> = {
  pending: { label: "Waiting", tone: "neutral" },
  running: { label: "Measuring", tone: "info" },
  completed: { label: "Completed", tone: "ok" },
  failed: { label: "Failed", tone: "danger" },
  cancelled: { label: "Cancelled", tone: "neutral" },
};

const SPLITS = [
  { value: "", label: "Images it has not learned from" },
  { value: "all", label: "All images, learned from or not" },
  { value: "test", label: "Test split of its training" },
  { value: "val", label: "Val split of its training" },
  { value: "train", label: "Train split of its training" },
];

const SPLIT_WORDS: Record<string, string> = Object.fromEntries(
  SPLITS.map(({ value, label }) => [value, label]),
);

export function ModelEvaluations({ model, datasetName }: { model: Model; datasetName: string | undefined }) {
  const runs = useQuery(evaluationsQuery(model.id));
  const ofTraining = useQuery({ ...trainingEvaluationQuery(model.id), retry: false });
  const mayMeasure = useMay("member");
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_22rem]">
      <Card>
        <CardTitle>Measured</CardTitle>
        {runs.isError && <ProblemNote problem={runs.error} onRetry={() => void runs.refetch()} />}
        {runs.isPending ? (
          <Skeleton className="h-32" />
        ) : (
          <Table label="Evaluations of the model">
            <thead>
              <tr>
                <Th>On</Th>
                <Th className="w-40">Status</Th>
                <Th isNumber>Images</Th>
                <Th isNumber>Result</Th>
                <Th>When</Th>
              </tr>
            </thead>
            <tbody>
              {runs.data?.map((run) => (
                <EvaluationRow key={run.id} run={run} />
              ))}
              {ofTraining.data && (
                <Tr>
                  <Td>
                    <Link
                      to="/models/$modelId/evaluations/$evaluationId"
                      params={{ modelId: model.id, evaluationId: TRAINING_EVALUATION }}
                      className="font-medium hover:text-accent hover:underline"
                    >
                      End of its training
                    </Link>
                    <div className="text-muted text-xs">the {ofTraining.data.measured_on} split</div>
                  </Td>
                  <Td>
                    <Badge tone="ok">Completed</Badge>
                  </Td>
                  <Td isNumber>{ofTraining.data.images}</Td>
                  <Td isNumber className="whitespace-nowrap">
                    <Result metrics={ofTraining.data.metrics ?? {}} />
                  </Td>
                  <Td className="text-muted">
                    <TimeAgo at={model.created_at} />
                  </Td>
                </Tr>
              )}
              {runs.data?.length === 0 && !ofTraining.data && !ofTraining.isPending && (
                <tr>
                  <Td colSpan={5} className="text-muted">
                    It has not been measured yet. An evaluation compares what it finds with the annotations of
                    a dataset.
                  </Td>
                </tr>
              )}
            </tbody>
          </Table>
        )}
      </Card>
      {mayMeasure && <EvaluateForm model={model} datasetName={datasetName} />}
    </div>
  );
}

function EvaluationRow({ run }: { run: EvaluationRun }) {
  const { label, tone } = TONES[run.status];
  return (
    <Tr>
      <Td className="max-w-64">
        <Link
          to="/models/$modelId/evaluations/$evaluationId"
          params={{ modelId: run.model_id, evaluationId: run.id }}
          title={run.dataset_name}
          className="block truncate font-medium hover:text-accent hover:underline"
        >
          {run.dataset_name}
        </Link>
        <div className="text-muted text-xs">{SPLIT_WORDS[run.split ?? ""]}</div>
      </Td>
      <Td>
        {isLive(run) ? (
          <ProgressBar
            label="Progress of the evaluation"
            value={run.status === "pending" ? null : (run.progress ?? 0) / 100}
          />
        ) : (
          <Badge tone={tone}>{label}</Badge>
        )}
      </Td>
      <Td isNumber>{run.evaluation?.images ?? "–"}</Td>
      <Td isNumber className="whitespace-nowrap">
        {run.evaluation ? <Result metrics={run.evaluation.metrics ?? {}} /> : "–"}
      </Td>
      <Td className="text-muted">
        <TimeAgo at={run.created_at} />
      </Td>
    </Tr>
  );
}

function Result({ metrics }: { metrics: Readonly<Record<string, number>> }) {
  const best = headlineOf(metrics);
  if (!best) return "–";
  return (
    <>
      {formatMetric(best.value)} <span className="text-muted text-xs">{metricLabel(best.name)}</span>
    </>
  );
}

function EvaluateForm({ model, datasetName }: { model: Model; datasetName: string | undefined }) {
  const datasets = useQuery(datasetChoiceQuery);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<string | null>(null);
  const [split, setSplit] = useState("");
  const [status, setStatus] = useState("complete");
  const dataset = chosen ?? datasetName ?? "";
  const start = useMutation({
    mutationFn: () =>
      createEvaluation(model.id, {
        dataset_name: dataset,
        split: split === "" ? null : (split as NonNullable<EvaluationRun["split"]>),
        status_filter: status,
      }),
    onSuccess: async (run) => {
      void client.invalidateQueries({ queryKey: ["evaluations", "list", model.id] });
      await navigate({
        to: "/models/$modelId/evaluations/$evaluationId",
        params: { modelId: model.id, evaluationId: run.id },
      });
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    start.mutate();
  }

  const names = datasets.data?.map((each) => each.name) ?? [];
  const known = dataset && !names.includes(dataset) ? [dataset, ...names] : names;
  return (
    <Card>
      <CardTitle>Measure it again</CardTitle>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <SelectField
          label="Dataset"
          value={dataset}
          onChange={setChosen}
          hint="Its annotations are the truth. Classes are matched by name."
          options={[
            { value: "", label: "Choose a dataset", isDisabled: true },
            ...known.map((name) => ({ value: name, label: name })),
          ]}
        />
        <SelectField label="Images" value={split} onChange={setSplit} options={SPLITS} />
        <SelectField
          label="Status"
          value={status}
          onChange={setStatus}
          options={[
            { value: "complete", label: "Complete" },
            { value: "review", label: "In review" },
            { value: "in_progress", label: "In progress" },
            { value: "all", label: "All that somebody looked at" },
          ]}
        />
        {start.isError && <ProblemNote problem={start.error} />}
        <Button type="submit" variant="primary" isBusy={start.isPending} disabled={dataset === ""}>
          Evaluate
        </Button>
        <p className="text-muted text-xs">It costs no credits.</p>
      </form>
    </Card>
  );
}
