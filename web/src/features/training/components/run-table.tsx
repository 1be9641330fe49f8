/** Runs as a table: what each is, how far it is, how good it became. */

import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { formatDuration } from "@/lib/format";
import { formatMetric, headlineOf, metricLabel } from "@/lib/metrics";
import { pipelineLabel } from "@/lib/pipelines";
import { Checkbox } from "@/ui/checkbox";
import { ProgressBar } from "@/ui/progress-bar";
import { Table, Td, Th, Tr } from "@/ui/table";
import { TimeAgo } from "@/ui/time-ago";
import { datasetByIdQuery, isLive, type TrainingRun } from "../api";
import { RunStatusBadge } from "./run-status";

interface RunTableProps {
  runs: readonly TrainingRun[];
  chosen: ReadonlySet<string>;
  onChoose: (id: string, isChosen: boolean) => void;
}

export function RunTable({ runs, chosen, onChoose }: RunTableProps) {
  const names = useDatasetNames(runs);
  return (
    <Table label="Training runs">
      <thead>
        <tr>
          <Th className="w-10">
            <span className="sr-only">Compare</span>
          </Th>
          <Th>Run</Th>
          <Th className="w-32 lg:w-40">Status</Th>
          <Th className="max-lg:hidden">Pipeline</Th>
          <Th>Dataset</Th>
          <Th isNumber>Result</Th>
          <Th isNumber className="max-lg:hidden">
            Trained for
          </Th>
          <Th>Started</Th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <RunRow
            key={run.id}
            run={run}
            datasetName={names.get(run.dataset_id ?? "")}
            isChosen={chosen.has(run.id)}
            onChoose={onChoose}
          />
        ))}
      </tbody>
    </Table>
  );
}

interface RunRowProps {
  run: TrainingRun;
  datasetName: string | undefined;
  isChosen: boolean;
  onChoose: (id: string, isChosen: boolean) => void;
}

function RunRow({ run, datasetName, isChosen, onChoose }: RunRowProps) {
  const best = headlineOf(run.metrics);
  return (
    <Tr aria-selected={isChosen}>
      <Td>
        <Checkbox
          label={`Choose ${run.name} to compare`}
          isLabelHidden
          isChecked={isChosen}
          onChange={(value) => onChoose(run.id, value)}
        />
      </Td>
      <Td className="max-w-52 lg:max-w-72">
        <Link
          to="/training/$runId"
          params={{ runId: run.id }}
          title={run.name}
          className="block truncate font-medium hover:text-accent hover:underline"
        >
          {run.name}
        </Link>
      </Td>
      <Td>
        {isLive(run) && run.status === "running" ? (
          <div className="flex flex-col gap-1">
            <span className="text-muted text-xs">
              {run.current_epoch > 0 && run.total_epochs
                ? `Epoch ${run.current_epoch} of ${run.total_epochs}`
                : "Preparing"}
              {run.eta_seconds ? `, ${formatDuration(run.eta_seconds)} left` : ""}
            </span>
            <ProgressBar label={`Progress of ${run.name}`} value={run.progress / 100} />
          </div>
        ) : (
          <RunStatusBadge status={run.status} />
        )}
      </Td>
      <Td className="whitespace-nowrap max-lg:hidden">{pipelineLabel(run.pipeline_type)}</Td>
      <Td className="max-w-36 lg:max-w-48">
        {datasetName ? (
          <Link
            to="/datasets/$name"
            params={{ name: datasetName }}
            title={datasetName}
            className="block truncate hover:text-accent hover:underline"
          >
            {datasetName}
          </Link>
        ) : (
          <span className="text-muted">{run.dataset_id ? "" : "deleted"}</span>
        )}
      </Td>
      <Td isNumber className="whitespace-nowrap">
        {best ? (
          <>
            {formatMetric(best.value)} <span className="text-muted text-xs">{metricLabel(best.name)}</span>
          </>
        ) : (
          "–"
        )}
      </Td>
      <Td isNumber className="whitespace-nowrap max-lg:hidden">
        {run.training_time_seconds === null || run.training_time_seconds === undefined
          ? "–"
          : formatDuration(run.training_time_seconds)}
      </Td>
      <Td className="text-muted">
        <TimeAgo at={run.created_at} />
      </Td>
    </Tr>
  );
}

/** Names of the runs' datasets, of which there are few. */
function useDatasetNames(runs: readonly TrainingRun[]): ReadonlyMap<string, string> {
  const ids = [...new Set(runs.flatMap((run) => run.dataset_id ?? []))];
  return useQueries({
    queries: ids.map((id) => datasetByIdQuery(id)),
    combine: (results) =>
      new Map(
        results.flatMap((result) => (result.data ? [[result.data.id, result.data.name] as const] : [])),
      ),
  });
}
