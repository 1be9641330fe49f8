import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ChartSpline, GitCompareArrows, Plus } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/features/session/use-session";
import { Button, buttonClass } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { Page } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { runsQuery } from "../api";
import { RunFilters } from "../components/run-filters";
import { RunTable } from "../components/run-table";
import { MOST_COMPARED, type TrainingListSearch, trainingListSearch } from "../search";

export function TrainingListPage() {
  const filter = trainingListSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const [pages, setPages] = useState(1);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const runs = useQuery(runsQuery(filter, pages));
  const mayTrain = useMay("member");
  const isFiltered = Boolean(filter.dataset || filter.pipeline || filter.status);

  function change(next: TrainingListSearch) {
    setPages(1);
    void navigate({ to: "/training", search: next, replace: true });
  }

  function choose(id: string, isChosen: boolean) {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  }

  return (
    <Page
      title="Training"
      description="Labelled images become a model. Choose several runs to lay their curves over each other."
      actions={
        <>
          <Button
            disabled={chosen.size < 2 || chosen.size > MOST_COMPARED}
            title={
              chosen.size > MOST_COMPARED ? `At most ${MOST_COMPARED} runs` : "Choose two or more runs below"
            }
            onClick={() => void navigate({ to: "/training/compare", search: { runs: [...chosen] } })}
          >
            <GitCompareArrows aria-hidden="true" className="size-4" />
            Compare{chosen.size > 0 ? ` (${chosen.size})` : ""}
          </Button>
          {mayTrain && (
            <Link
              to="/training/new"
              search={{ dataset: filter.dataset, pipeline: filter.pipeline }}
              className={buttonClass("primary")}
            >
              <Plus aria-hidden="true" className="size-4" />
              New training
            </Link>
          )}
        </>
      }
    >
      <RunFilters filter={filter} onChange={change} />
      {runs.isError && <ProblemNote problem={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.isPending && <ListSkeleton />}
      {runs.data && runs.data.runs.length > 0 && (
        <RunTable runs={runs.data.runs} chosen={chosen} onChoose={choose} />
      )}
      {runs.data?.hasMore && (
        <div className="flex justify-center pt-4">
          {pages < 10 ? (
            <Button isBusy={runs.isFetching && runs.isPlaceholderData} onClick={() => setPages(pages + 1)}>
              Show more
            </Button>
          ) : (
            <p className="text-muted text-sm">
              The newest 500 are shown. Narrow the list to find older ones.
            </p>
          )}
        </div>
      )}
      {runs.data?.runs.length === 0 &&
        (isFiltered ? (
          <EmptyState
            icon={<ChartSpline />}
            title="No run is like that"
            action={<Button onClick={() => change({})}>Show all runs</Button>}
          >
            No training run has this dataset, pipeline and status together.
          </EmptyState>
        ) : (
          <EmptyState
            icon={<ChartSpline />}
            title="Nothing has been trained yet"
            action={
              mayTrain && (
                <Link to="/training/new" className={buttonClass("primary")}>
                  New training
                </Link>
              )
            }
          >
            A training run learns from the labelled images of a dataset and leaves a model that you can try,
            download and label further images with. Ten labelled images are enough for a first try.
          </EmptyState>
        ))}
    </Page>
  );
}

function ListSkeleton() {
  return (
    <div role="status" aria-label="Loading runs" className="flex flex-col gap-px">
      <Skeleton className="h-9" />
      {[0, 1, 2, 3].map((row) => (
        <Skeleton key={row} className="h-11" />
      ))}
    </div>
  );
}
