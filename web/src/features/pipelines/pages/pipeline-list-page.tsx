import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Rocket, Workflow } from "lucide-react";
import { datasetsQuery } from "@/features/datasets/api";
import { useMay } from "@/features/session/use-session";
import { Button, buttonClass } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SelectField } from "@/ui/field";
import { Page } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { type PipelineFilter, type PipelineStatus, pipelineRunsQuery } from "../api";
import { RunTable, RunTableSkeleton } from "../components/run-table";
import { pipelineListSearch, STATUSES } from "../search";
import { statusOf } from "../words";

export function PipelineListPage() {
  const filter = pipelineListSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const mayStart = useMay("member");
  const runs = useInfiniteQuery(pipelineRunsQuery(filter));
  const datasets = useQuery(datasetsQuery);
  const found = runs.data?.pages.flatMap((page) => page.pipeline_runs) ?? [];
  const isFiltered = filter.dataset !== undefined || filter.status !== undefined;
  const change = (next: PipelineFilter) =>
    void navigate({ to: "/pipelines", search: { ...filter, ...next }, replace: true });
  const names = new Set(datasets.data?.map((each) => each.name));
  if (filter.dataset) names.add(filter.dataset);
  return (
    <Page
      title="Pipelines"
      description="The whole way from a folder of images to a trained model, each run with all that happened on it."
      actions={
        mayStart && (
          <Link to="/pipelines/new" className={buttonClass("primary")}>
            <Rocket className="size-4" /> New pipeline
          </Link>
        )
      }
    >
      <div className="mb-4 flex flex-wrap gap-3">
        <SelectField
          label="Status"
          className="w-44"
          value={filter.status ?? ""}
          onChange={(value) => change({ status: (value || undefined) as PipelineStatus | undefined })}
          options={[
            { value: "", label: "Any" },
            ...STATUSES.map((status) => ({ value: status, label: statusOf({ status }).label })),
          ]}
        />
        <SelectField
          label="Dataset"
          className="w-64"
          value={filter.dataset ?? ""}
          onChange={(value) => change({ dataset: value || undefined })}
          options={[{ value: "", label: "Any" }, ...[...names].map((name) => ({ value: name, label: name }))]}
        />
      </div>
      {runs.isError ? (
        <ProblemNote problem={runs.error} onRetry={() => void runs.refetch()} />
      ) : runs.isPending ? (
        <RunTableSkeleton rows={6} />
      ) : found.length === 0 ? (
        <EmptyState
          icon={<Workflow />}
          title={isFiltered ? "No run is like that" : "Nothing has been run yet"}
          action={
            isFiltered ? (
              <Button onClick={() => change({ dataset: undefined, status: undefined })}>Show all runs</Button>
            ) : (
              mayStart && (
                <Link to="/pipelines/new" className={buttonClass("primary")}>
                  New pipeline
                </Link>
              )
            )
          }
        >
          {isFiltered
            ? "Choose another status or dataset."
            : "A pipeline run labels a folder of images from class names and trains a model on them. Runs that a program starts with full_pipeline are shown here too."}
        </EmptyState>
      ) : (
        <>
          <RunTable runs={found} label="Pipeline runs" />
          {runs.hasNextPage && (
            <div className="mt-4 flex justify-center">
              <Button isBusy={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
                Show older runs
              </Button>
            </div>
          )}
        </>
      )}
    </Page>
  );
}
