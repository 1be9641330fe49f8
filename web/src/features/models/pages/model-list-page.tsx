import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Boxes, X } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/features/session/use-session";
import { datasetChoiceQuery } from "@/features/training/api";
import { taskLabel } from "@/lib/metrics";
import { Button, buttonClass } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { Select } from "@/ui/field";
import { Page } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { Switch } from "@/ui/switch";
import { type Model, type ModelListFilter, modelsQuery } from "../api";
import { ModelTable } from "../components/model-table";
import { modelListSearch } from "../search";

const TASKS: readonly Model["model_type"][] = [
  "object_detection",
  "instance_segmentation",
  "semantic_segmentation",
  "classification",
];

export function ModelListPage() {
  const filter = modelListSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const [pages, setPages] = useState(1);
  const models = useQuery(modelsQuery(filter, pages));
  const datasets = useQuery(datasetChoiceQuery);
  const mayTrain = useMay("member");
  const isFiltered = Boolean(filter.dataset || filter.task || filter.archived);
  const names = datasets.data?.map((each) => each.name) ?? [];
  const known = filter.dataset && !names.includes(filter.dataset) ? [filter.dataset, ...names] : names;

  function change(next: ModelListFilter) {
    setPages(1);
    void navigate({ to: "/models", search: next, replace: true });
  }

  return (
    <Page
      title="Models"
      description="What training made: try it, measure it, download it, label further images with it."
      actions={
        mayTrain && (
          <Link to="/training/new" search={{ dataset: filter.dataset }} className={buttonClass("primary")}>
            New training
          </Link>
        )
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Select
          aria-label="Dataset"
          className="!w-52"
          value={filter.dataset ?? ""}
          onChange={(value) => change({ ...filter, dataset: value || undefined })}
          options={[
            { value: "", label: "Any dataset" },
            ...known.map((name) => ({ value: name, label: name })),
          ]}
        />
        <Select
          aria-label="Task"
          className="!w-52"
          value={filter.task ?? ""}
          onChange={(value) => change({ ...filter, task: TASKS.find((task) => task === value) })}
          options={[
            { value: "", label: "Any task" },
            ...TASKS.map((task) => ({ value: task, label: taskLabel(task) })),
          ]}
        />
        <Switch
          label="Archived"
          isOn={filter.archived === true}
          onChange={(isOn) => change({ ...filter, archived: isOn || undefined })}
        />
        {isFiltered && (
          <Button variant="ghost" onClick={() => change({})}>
            <X aria-hidden="true" className="size-4" />
            Clear
          </Button>
        )}
      </div>
      {models.isError && <ProblemNote problem={models.error} onRetry={() => void models.refetch()} />}
      {models.isPending && (
        <div role="status" aria-label="Loading models" className="flex flex-col gap-px">
          <Skeleton className="h-9" />
          {[0, 1, 2, 3].map((row) => (
            <Skeleton key={row} className="h-11" />
          ))}
        </div>
      )}
      {models.data && models.data.models.length > 0 && <ModelTable models={models.data.models} />}
      {models.data?.hasMore && (
        <div className="flex justify-center pt-4">
          {pages < 10 ? (
            <Button
              isBusy={models.isFetching && models.isPlaceholderData}
              onClick={() => setPages(pages + 1)}
            >
              Show more
            </Button>
          ) : (
            <p className="text-muted text-sm">
              The newest 500 are shown. Narrow the list to find older ones.
            </p>
          )}
        </div>
      )}
      {models.data?.models.length === 0 &&
        (isFiltered ? (
          <EmptyState
            icon={<Boxes />}
            title="No model is like that"
            action={<Button onClick={() => change({})}>Show all models</Button>}
          >
            No model has this dataset and task together.
          </EmptyState>
        ) : (
          <EmptyState
            icon={<Boxes />}
            title="There is no model yet"
            action={
              mayTrain && (
                <Link to="/training/new" className={buttonClass("primary")}>
                  New training
                </Link>
              )
            }
          >
            A model comes out of a training run. It is an ONNX file that runs with or without this server, and
            it can label the next images here.
          </EmptyState>
        ))}
    </Page>
  );
}
