/** Where a model comes from and what came of it: version of a dataset → run → model → models that went on from it. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Boxes, ChartSpline, ChevronDown, ChevronRight, Images } from "lucide-react";
import type { ReactNode } from "react";
import { datasetByIdQuery, runQuery } from "@/features/training/api";
import { cx } from "@/lib/class-names";
import { formatDate, plural } from "@/lib/format";
import { formatMetric, headlineOf, metricLabel } from "@/lib/metrics";
import { childrenQuery, type Model, relatedModelQuery } from "../api";

export function ModelLineage({ model }: { model: Model }) {
  const dataset = useQuery(datasetByIdQuery(model.dataset_id));
  const run = useQuery({
    ...runQuery(model.training_run_id ?? ""),
    enabled: Boolean(model.training_run_id),
    retry: false,
  });
  const parent = useQuery(relatedModelQuery(model.parent_model_id));
  const children = useQuery(childrenQuery(model.id));
  const name = dataset.data?.name;
  return (
    <div className="flex flex-col items-stretch gap-2 lg:flex-row lg:items-center">
      <div className="flex flex-1 flex-col gap-3">
        <Stop
          icon={<Images />}
          kind={model.dataset_version ? `Dataset, version ${model.dataset_version}` : "Dataset"}
          title={
            name ? (
              <Link to="/datasets/$name/versions" params={{ name }} className="hover:underline">
                {name}
              </Link>
            ) : dataset.data === null || !model.dataset_id ? (
              "deleted"
            ) : (
              "…"
            )
          }
          note="What it learned from, frozen"
        />
        {model.parent_model_id && (
          <Stop
            icon={<Boxes />}
            kind="Earlier model"
            title={
              parent.data ? (
                <Link
                  to="/models/$modelId"
                  params={{ modelId: parent.data.id }}
                  search={{ tab: "lineage" }}
                  className="hover:underline"
                >
                  {parent.data.name}
                </Link>
              ) : parent.data === null ? (
                "deleted"
              ) : (
                "…"
              )
            }
            note="Its training began with these weights"
          />
        )}
      </div>
      <Arrow />
      <Stop
        icon={<ChartSpline />}
        kind="Training run"
        title={
          run.data ? (
            <Link to="/training/$runId" params={{ runId: run.data.id }} className="hover:underline">
              {run.data.name}
            </Link>
          ) : run.isError || !model.training_run_id ? (
            "no longer there"
          ) : (
            "…"
          )
        }
        note={
          run.data ? `${plural(run.data.current_epoch, "epoch")}, ${formatDate(run.data.created_at)}` : ""
        }
      />
      <Arrow />
      <Stop icon={<Boxes />} kind="This model" title={model.name} note={figureOf(model)} isHere />
      <Arrow />
      <div className="flex flex-1 flex-col gap-3">
        {(children.data ?? []).map((child) => (
          <Stop
            key={child.id}
            icon={<Boxes />}
            kind="Went on from it"
            title={
              <Link
                to="/models/$modelId"
                params={{ modelId: child.id }}
                search={{ tab: "lineage" }}
                className="hover:underline"
              >
                {child.name}
              </Link>
            }
            note={figureOf(child)}
          />
        ))}
        {children.data?.length === 0 && (
          <div className="rounded-lg border border-line border-dashed p-3 text-muted text-sm">
            No model went on from this one.{" "}
            <Link
              to="/training/new"
              search={{ dataset: name, pipeline: run.data?.pipeline_type, parent: model.id }}
              className="text-accent underline"
            >
              Train one
            </Link>
          </div>
        )}
      </div>
    </div>
  );
}

function figureOf(model: Model): string {
  const best = headlineOf(model.metrics);
  return best ? `${metricLabel(best.name)} ${formatMetric(best.value)}` : "";
}

interface StopProps {
  icon: ReactNode;
  kind: string;
  title: ReactNode;
  note: string;
  isHere?: boolean;
}

function Stop({ icon, kind, title, note, isHere }: StopProps) {
  return (
    <div
      className={cx(
        "min-w-0 flex-1 rounded-lg border p-3",
        isHere ? "border-accent bg-accent-soft/50" : "border-line bg-surface",
      )}
    >
      <p className="flex items-center gap-1.5 text-muted text-xs [&_svg]:size-3.5">
        <span aria-hidden="true">{icon}</span>
        {kind}
      </p>
      <p className="mt-0.5 break-words font-medium text-sm">{title}</p>
      {note && <p className="text-muted text-xs">{note}</p>}
    </div>
  );
}

function Arrow() {
  return (
    <span aria-hidden="true" className="shrink-0 self-center text-muted">
      <ChevronRight className="hidden size-5 lg:block" />
      <ChevronDown className="size-5 lg:hidden" />
    </span>
  );
}
