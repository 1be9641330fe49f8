import { Link } from "@tanstack/react-router";
import { formatMetric, headlineOf, metricLabel } from "@/lib/metrics";
import { pipelineLabel } from "@/lib/pipelines";
import { Badge } from "@/ui/badge";
import { Skeleton } from "@/ui/skeleton";
import { Table, Td, Th, Tr } from "@/ui/table";
import { TimeAgo } from "@/ui/time-ago";
import type { PipelineRun } from "../api";
import { sentenceOf, statusOf } from "../words";
import { StageStrip } from "./stage-strip";

export function RunTable({ runs, label }: { runs: readonly PipelineRun[]; label: string }) {
  return (
    <Table label={label}>
      <Head />
      <tbody>
        {runs.map((run) => (
          <RunRow key={run.id} run={run} />
        ))}
      </tbody>
    </Table>
  );
}

export function RunTableSkeleton({ rows = 4 }: { rows?: number }) {
  return (
    <Table label="Pipeline runs are loading">
      <Head />
      <tbody>
        {Array.from({ length: rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
          <Tr key={row}>
            <Td colSpan={6}>
              <Skeleton className="h-9 w-full" />
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}

function Head() {
  return (
    <thead>
      <tr>
        <Th>Run</Th>
        <Th>Dataset</Th>
        <Th>Stages</Th>
        <Th>Status</Th>
        <Th isNumber>Model</Th>
        <Th isNumber>Started</Th>
      </tr>
    </thead>
  );
}

function RunRow({ run }: { run: PipelineRun }) {
  const status = statusOf(run);
  const headline = headlineOf(run.metrics);
  return (
    <Tr>
      <Td className="max-w-44 lg:max-w-80">
        <Link
          to="/pipelines/$runId"
          params={{ runId: run.id }}
          className="block truncate font-medium hover:text-accent hover:underline"
          title={run.name}
        >
          {run.name}
        </Link>
        <span className="block truncate text-muted text-xs" title={sentenceOf(run)}>
          {sentenceOf(run)}
        </span>
      </Td>
      <Td className="max-w-32 lg:max-w-52">
        {run.dataset_id ? (
          <Link
            to="/datasets/$name"
            params={{ name: run.dataset_name }}
            className="block truncate hover:text-accent hover:underline"
            title={run.dataset_name}
          >
            {run.dataset_name}
          </Link>
        ) : (
          <span className="block truncate" title={run.dataset_name}>
            {run.dataset_name}
          </span>
        )}
        <span className="block truncate text-muted text-xs">{pipelineLabel(run.settings.pipeline)}</span>
      </Td>
      <Td>
        <StageStrip run={run} />
      </Td>
      <Td>
        <Badge tone={status.tone}>{status.label}</Badge>
      </Td>
      <Td isNumber>
        {run.model_id ? (
          <Link
            to="/models/$modelId"
            params={{ modelId: run.model_id }}
            className="inline-flex min-h-6 items-center hover:text-accent hover:underline"
            title={headline ? metricLabel(headline.name) : undefined}
          >
            {headline ? `${formatMetric(headline.value)}` : "Model"}
          </Link>
        ) : (
          <span className="text-faint">–</span>
        )}
      </Td>
      <Td isNumber className="text-muted">
        <TimeAgo at={run.created_at} />
      </Td>
    </Tr>
  );
}
