import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useMay } from "@/features/session/use-session";
import { Page } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { datasetByIdQuery, pipelinesQuery, runQuery, trainableExportsQuery } from "../api";
import { NewTrainingForm } from "../components/new-training-form";
import { newTrainingSearch } from "../search";

export function NewTrainingPage() {
  const search = newTrainingSearch(useSearch({ strict: false }));
  const mayTrain = useMay("member");
  const pipelines = useQuery(pipelinesQuery);
  const from = useQuery({ ...runQuery(search.from ?? ""), enabled: search.from !== undefined });
  const dataset = useQuery(datasetByIdQuery(from.data?.dataset_id));
  const exports = useQuery(trainableExportsQuery(dataset.data?.name ?? ""));
  const isReady =
    pipelines.data !== undefined &&
    (search.from === undefined ||
      from.isError ||
      (from.data !== undefined &&
        (!from.data.dataset_id || dataset.data !== undefined) &&
        !isAsking(exports)));
  return (
    <Page
      title="New training"
      description={
        <>
          <Link to="/training" className="hover:text-accent hover:underline">
            Training
          </Link>
          : choose the images, the kind of model and its settings
        </>
      }
    >
      {!mayTrain && (
        <p className="mb-4 rounded-md bg-warn-soft px-3 py-2 text-sm">
          You can look, but not train: your role here is Viewer. Ask an admin of the organisation.
        </p>
      )}
      {pipelines.isError && (
        <ProblemNote problem={pipelines.error} onRetry={() => void pipelines.refetch()} />
      )}
      {from.isError && <ProblemNote problem={from.error} />}
      {isReady && pipelines.data ? (
        <NewTrainingForm
          key={search.from ?? ""}
          pipelines={pipelines.data}
          from={from.data ?? null}
          fromDataset={dataset.data?.name ?? ""}
          fromExport={exports.data?.find((each) => each.id === from.data?.export_id)?.name ?? null}
        />
      ) : (
        !pipelines.isError && <FormSkeleton />
      )}
    </Page>
  );
}

const isAsking = (query: { fetchStatus: string; isPending: boolean }) =>
  query.isPending && query.fetchStatus !== "idle";

function FormSkeleton() {
  return (
    <div role="status" aria-label="Loading" className="grid gap-4 xl:grid-cols-[1fr_20rem]">
      <div className="flex flex-col gap-4">
        <Skeleton className="h-40" />
        <Skeleton className="h-56" />
      </div>
      <Skeleton className="h-64" />
    </div>
  );
}
