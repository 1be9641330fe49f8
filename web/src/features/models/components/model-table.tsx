/** Models as a table: what each finds, how good it is, what it learned from. */

import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { datasetByIdQuery } from "@/features/training/api";
import { formatMetric, headlineOf, metricLabel, taskLabel } from "@/lib/metrics";
import { Badge } from "@/ui/badge";
import { Table, Td, Th, Tr } from "@/ui/table";
import { TimeAgo } from "@/ui/time-ago";
import type { Model } from "../api";

export function ModelTable({ models }: { models: readonly Model[] }) {
  const names = useDatasetNames(models);
  return (
    <Table label="Models">
      <thead>
        <tr>
          <Th>Model</Th>
          <Th>Task</Th>
          <Th className="max-lg:hidden">Network</Th>
          <Th>Learned from</Th>
          <Th isNumber className="max-lg:hidden">
            Classes
          </Th>
          <Th isNumber>Result</Th>
          <Th className="max-lg:hidden">Made</Th>
        </tr>
      </thead>
      <tbody>
        {models.map((model) => (
          <ModelRow key={model.id} model={model} datasetName={names.get(model.dataset_id ?? "")} />
        ))}
      </tbody>
    </Table>
  );
}

function ModelRow({ model, datasetName }: { model: Model; datasetName: string | undefined }) {
  const best = headlineOf(model.metrics);
  return (
    <Tr>
      <Td className="max-w-48 lg:max-w-72">
        <span className="flex items-center gap-2">
          <Link
            to="/models/$modelId"
            params={{ modelId: model.id }}
            title={model.name}
            className="truncate font-medium hover:text-accent hover:underline"
          >
            {model.name}
          </Link>
          {model.status !== "ready" && <Badge tone="warn">{model.status}</Badge>}
        </span>
      </Td>
      <Td className="whitespace-nowrap">{taskLabel(model.model_type)}</Td>
      <Td className="max-w-48 truncate max-lg:hidden" title={model.architecture ?? undefined}>
        {model.architecture ?? "–"}
      </Td>
      <Td className="max-w-48">
        {datasetName ? (
          <Link
            to="/datasets/$name"
            params={{ name: datasetName }}
            title={datasetName}
            className="block truncate hover:text-accent hover:underline"
          >
            {datasetName}
            {model.dataset_version ? (
              <span className="text-muted max-lg:hidden">, version {model.dataset_version}</span>
            ) : null}
          </Link>
        ) : (
          <span className="text-muted">{model.dataset_id ? "" : "deleted"}</span>
        )}
      </Td>
      <Td isNumber className="max-lg:hidden">
        {Object.keys(model.class_mapping ?? {}).length || "–"}
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
      <Td className="text-muted max-lg:hidden">
        <TimeAgo at={model.created_at} />
      </Td>
    </Tr>
  );
}

/** Names of the models' datasets, of which there are few. */
function useDatasetNames(models: readonly Model[]): ReadonlyMap<string, string> {
  const ids = [...new Set(models.flatMap((model) => model.dataset_id ?? []))];
  return useQueries({
    queries: ids.map((id) => datasetByIdQuery(id)),
    combine: (results) =>
      new Map(
        results.flatMap((result) => (result.data ? [[result.data.id, result.data.name] as const] : [])),
      ),
  });
}
