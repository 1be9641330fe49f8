/** What a run is: data, pipeline, settings, machine, what it started from. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { relatedModelQuery } from "@/features/models/api";
import { formatDuration } from "@/lib/format";
import { pipelineWords } from "@/lib/pipelines";
import { Facts } from "@/ui/facts";
import { Card, CardTitle } from "@/ui/page";
import { TimeAgo } from "@/ui/time-ago";
import { datasetByIdQuery, type TrainingRun } from "../api";

const LINK = "text-accent hover:underline";

export function RunFacts({ run }: { run: TrainingRun }) {
  const dataset = useQuery(datasetByIdQuery(run.dataset_id));
  const parent = useQuery(relatedModelQuery(run.parent_model_id));
  const pipeline = pipelineWords(run.pipeline_type);
  const name = dataset.data?.name;
  return (
    <Card>
      <CardTitle>About this run</CardTitle>
      <Facts
        facts={[
          {
            name: "Dataset",
            value: name ? (
              <>
                <Link to="/datasets/$name" params={{ name }} className={LINK}>
                  {name}
                </Link>
                {run.dataset_version && (
                  <>
                    {", "}
                    <Link to="/datasets/$name/versions" params={{ name }} className={LINK}>
                      version {run.dataset_version}
                    </Link>
                  </>
                )}
              </>
            ) : dataset.data === null ? (
              "deleted"
            ) : (
              "…"
            ),
          },
          {
            name: "Pipeline",
            value: `${pipeline.label}${pipeline.makes ? ` (${pipeline.makes.toLowerCase()})` : ""}`,
          },
          Boolean(run.parent_model_id) && {
            name: "Goes on from",
            value: parent.data ? (
              <Link to="/models/$modelId" params={{ modelId: parent.data.id }} className={LINK}>
                {parent.data.name}
              </Link>
            ) : parent.data === null ? (
              "a model that was deleted"
            ) : (
              "…"
            ),
          },
          {
            name: "Started from",
            value: run.started_from ?? (run.current_epoch > 0 ? "random weights" : null),
          },
          { name: "Machine", value: run.device ?? (run.gpu_type ? `${run.gpu_type} asked for` : null) },
          { name: "Settings", value: <Settings config={run.config ?? {}} /> },
          { name: "Asked for", value: <TimeAgo at={run.created_at} /> },
          run.training_time_seconds
            ? { name: "Trained for", value: formatDuration(run.training_time_seconds) }
            : null,
        ]}
      />
    </Card>
  );
}

function Settings({ config }: { config: Record<string, unknown> }) {
  const entries = Object.entries(config).filter(([, value]) => value !== null);
  if (entries.length === 0) return "the pipeline's own";
  return (
    <ul className="flex flex-wrap gap-1.5">
      {entries.map(([key, value]) => (
        <li key={key} className="rounded bg-sunken px-1.5 py-0.5 text-xs">
          {key.replaceAll("_", " ")}: <span className="font-medium">{settingText(value)}</span>
        </li>
      ))}
    </ul>
  );
}

export function settingText(value: unknown): string {
  if (value === true) return "yes";
  if (value === false) return "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
