import { useQueries, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { GitCompareArrows, X } from "lucide-react";
import { metricLabel } from "@/lib/metrics";
import { buttonClass } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { Select } from "@/ui/field";
import { IconButton } from "@/ui/icon-button";
import { LineChart } from "@/ui/line-chart";
import { Card, Page } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { epochsQuery, isLive, runQuery, runsQuery } from "../api";
import { type ComparedRun, curveNames, curvesOf, defaultCurve } from "../compare";
import { ColorDot, CompareTable } from "../components/compare-table";
import { type CompareSearch, compareSearch, MOST_COMPARED } from "../search";

export function CompareTrainingPage() {
  const search = compareSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const compared = useCompared(search.runs);

  function change(next: Partial<CompareSearch>) {
    void navigate({ to: "/training/compare", search: { ...search, ...next }, replace: true });
  }

  return (
    <Page
      title="Compare runs"
      description={
        <>
          <Link to="/training" className="hover:text-accent hover:underline">
            Training
          </Link>
          : the address of this page holds the runs, so it can be sent to somebody
        </>
      }
    >
      {search.runs.length === 0 ? (
        <EmptyState
          icon={<GitCompareArrows />}
          title="Choose runs to compare"
          action={
            <Link to="/training" className={buttonClass("primary")}>
              To the runs
            </Link>
          }
        >
          Tick two or more runs in the list and press Compare: their curves are laid over each other, and a
          table shows which settings differ.
        </EmptyState>
      ) : (
        <div className="flex flex-col gap-4">
          <RunChips compared={compared.runs} ids={search.runs} onChange={(runs) => change({ runs })} />
          {compared.problems.map((problem, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: there is nothing else to tell them apart
            <ProblemNote key={index} problem={problem} />
          ))}
          {compared.isPending ? (
            <Skeleton className="h-96" />
          ) : (
            compared.runs.length > 0 && (
              <>
                <Curves
                  compared={compared.runs}
                  metric={search.metric}
                  onMetric={(metric) => change({ metric })}
                />
                <CompareTable runs={compared.runs.map(({ run }) => run)} />
              </>
            )
          )}
        </div>
      )}
    </Page>
  );
}

function useCompared(ids: readonly string[]) {
  const runs = useQueries({
    queries: ids.map((id) => ({
      ...runQuery(id),
      refetchInterval: (query: { state: { data?: ComparedRun["run"] } }) =>
        query.state.data && isLive(query.state.data) ? (2000 as const) : (false as const),
    })),
  });
  const epochs = useQueries({
    queries: ids.map((id, index) => {
      const run = runs[index]?.data;
      return { ...epochsQuery(id), refetchInterval: run && isLive(run) ? (2000 as const) : (false as const) };
    }),
  });
  return {
    runs: runs.flatMap((run, index): ComparedRun[] =>
      run.data ? [{ run: run.data, epochs: epochs[index]?.data ?? [] }] : [],
    ),
    problems: runs.flatMap((run) => (run.isError ? [run.error] : [])),
    isPending: [...runs, ...epochs].some((query) => query.isLoading),
  };
}

interface CurvesProps {
  compared: readonly ComparedRun[];
  metric: string | undefined;
  onMetric: (metric: string) => void;
}

function Curves({ compared, metric, onMetric }: CurvesProps) {
  const names = curveNames(compared);
  const shown = metric && names.includes(metric) ? metric : defaultCurve(compared, names);
  if (!shown) {
    return <Card className="text-muted text-sm">None of them has finished an epoch yet.</Card>;
  }
  const { x, lines } = curvesOf(compared, shown);
  const values = lines.flat().filter((value) => value !== null);
  const isShare =
    !shown.startsWith("loss") &&
    values.every((value) => value >= 0 && value <= 1) &&
    shown !== "learning_rate";
  return (
    <Card>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
        <h2 className="font-semibold text-base">{metricLabel(shown)} by epoch</h2>
        <Select
          aria-label="Curve"
          className="!w-64"
          value={shown}
          onChange={onMetric}
          options={names.map((name) => ({ value: name, label: metricLabel(name) }))}
        />
      </div>
      <LineChart
        label={`${metricLabel(shown)} of the runs by epoch`}
        x={x}
        xLabel="Epoch"
        series={compared.map(({ run }, index) => ({ label: run.name, values: lines[index] ?? [] }))}
        yRange={isShare ? [0, 1] : undefined}
        height={320}
      />
    </Card>
  );
}

interface RunChipsProps {
  compared: readonly ComparedRun[];
  ids: readonly string[];
  onChange: (ids: string[]) => void;
}

/** The runs, to be taken out, and others to be added. */
function RunChips({ compared, ids, onChange }: RunChipsProps) {
  const others = useQuery(runsQuery({}, 4));
  const addable = (others.data?.runs ?? []).filter((run) => !ids.includes(run.id));
  return (
    <ul aria-label="Runs compared" className="flex flex-wrap items-center gap-2">
      {compared.map(({ run }, index) => (
        <li
          key={run.id}
          className="flex h-8.5 max-w-72 items-center gap-1.5 rounded-md border border-line bg-surface pl-2.5 text-sm"
        >
          <ColorDot index={index} />
          <Link
            to="/training/$runId"
            params={{ runId: run.id }}
            title={run.name}
            className="truncate hover:text-accent hover:underline"
          >
            {run.name}
          </Link>
          <IconButton
            label={`Take out ${run.name}`}
            onClick={() => onChange(ids.filter((id) => id !== run.id))}
          >
            <X />
          </IconButton>
        </li>
      ))}
      {ids.length < MOST_COMPARED && addable.length > 0 && (
        <li>
          <Select
            aria-label="Add a run"
            className="!w-52"
            value=""
            onChange={(id) => onChange([...ids, id])}
            options={[
              { value: "", label: "Add a run…" },
              ...addable.map((run) => ({ value: run.id, label: run.name })),
            ]}
          />
        </li>
      )}
    </ul>
  );
}
