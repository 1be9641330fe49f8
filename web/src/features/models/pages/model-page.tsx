import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/features/session/use-session";
import { datasetByIdQuery } from "@/features/training/api";
import { formatMetric, headlineMetrics, metricHint, metricLabel, taskLabel } from "@/lib/metrics";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Card, Page, Stat } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { TabList, tabClass } from "@/ui/tabs";
import { notify } from "@/ui/toast";
import { classNamesOf, deleteModel, type Model, modelColors, modelQuery } from "../api";
import { ModelCardView } from "../components/model-card";
import { ModelEvaluations } from "../components/model-evaluations";
import { ModelFiles } from "../components/model-files";
import { ModelLineage } from "../components/model-lineage";
import { TryModel } from "../components/try-model";
import { MODEL_TABS, type ModelTab, modelSearch } from "../search";

const TAB_LABELS: Record<ModelTab, string> = {
  overview: "Overview",
  try: "Try it",
  evaluations: "Evaluations",
  files: "Files",
  lineage: "Lineage",
};

export function ModelPage() {
  const { modelId = "" } = useParams({ strict: false });
  const { tab = "overview" } = modelSearch(useSearch({ strict: false }));
  const model = useQuery(modelQuery(modelId));
  const dataset = useQuery(datasetByIdQuery(model.data?.dataset_id));
  const mayDelete = useMay("admin");

  if (model.isError) {
    return (
      <Page title="Model">
        <ProblemNote problem={model.error} onRetry={() => void model.refetch()} />
      </Page>
    );
  }
  if (!model.data) {
    return (
      <Page title="Model" heading={<Skeleton className="h-7 w-64" />}>
        <Skeleton className="h-96" />
      </Page>
    );
  }
  const datasetName = dataset.data?.name;
  return (
    <Page
      title={model.data.name}
      description={
        <span className="flex flex-wrap items-center gap-2">
          <Link to="/models" className="hover:text-accent hover:underline">
            Models
          </Link>
          <Badge tone="accent">{taskLabel(model.data.model_type)}</Badge>
          {model.data.architecture && <Badge>{model.data.architecture}</Badge>}
          {model.data.status !== "ready" && <Badge tone="warn">{model.data.status}</Badge>}
        </span>
      }
      actions={mayDelete && <DeleteButton model={model.data} />}
    >
      <TabList label="Parts of the model">
        {MODEL_TABS.map((each) => (
          <Link
            key={each}
            to="/models/$modelId"
            params={{ modelId }}
            search={{ tab: each === "overview" ? undefined : each }}
            aria-current={each === tab ? "page" : undefined}
            className={tabClass(each === tab)}
          >
            {TAB_LABELS[each]}
          </Link>
        ))}
      </TabList>
      <div className="pt-4">
        {tab === "overview" && (
          <div className="flex flex-col gap-4">
            <Headline model={model.data} />
            <ModelCardView model={model.data} colors={modelColors(classNamesOf(model.data), dataset.data)} />
          </div>
        )}
        {tab === "try" && <TryModel model={model.data} dataset={dataset.data} />}
        {tab === "evaluations" && <ModelEvaluations model={model.data} datasetName={datasetName} />}
        {tab === "files" && <ModelFiles model={model.data} />}
        {tab === "lineage" && <ModelLineage model={model.data} />}
      </div>
    </Page>
  );
}

function Headline({ model }: { model: Model }) {
  const names = headlineMetrics(model.model_type).filter((name) => typeof model.metrics?.[name] === "number");
  if (names.length === 0) return null;
  return (
    <Card className="grid grid-cols-2 gap-4 md:grid-cols-4">
      {names.map((name) => (
        <Stat
          key={name}
          label={metricLabel(name)}
          value={formatMetric(model.metrics?.[name] as number)}
          hint={metricHint(name)}
        />
      ))}
    </Card>
  );
}

function DeleteButton({ model }: { model: Model }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isAsked, setIsAsked] = useState(false);

  async function remove() {
    await deleteModel(model.id);
    notify({ title: `Model ${model.name} was deleted` });
    await navigate({ to: "/models" });
    void client.invalidateQueries({ queryKey: ["models"] });
    void client.invalidateQueries({ queryKey: ["training"] });
  }

  return (
    <>
      <Button variant="ghost" onClick={() => setIsAsked(true)}>
        <Trash2 aria-hidden="true" className="size-4" />
        Delete
      </Button>
      <ConfirmDialog
        isOpen={isAsked}
        onClose={() => setIsAsked(false)}
        title="Delete this model?"
        action="Delete the model"
        isDangerous
        typeToConfirm={model.name}
        onConfirm={remove}
      >
        Its files and its evaluations go with it, and it cannot be undone. The training run and its curves
        stay.
      </ConfirmDialog>
    </>
  );
}
