/** A dataset measured: balance, sizes, places, confidences. Each bar, and each cell of a grid, leads to the images behind it. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ChartColumn, RefreshCw } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { classColors } from "@/lib/class-colors";
import { formatCount } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { Card, Stat } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { ProgressBar } from "@/ui/progress-bar";
import { Skeleton } from "@/ui/skeleton";
import { TimeAgo } from "@/ui/time-ago";
import {
  type DatasetStatistics,
  datasetKeys,
  datasetQuery,
  refreshStatistics,
  type Statistics,
  statisticsQuery,
} from "../api";
import {
  AnnotationsPerImage,
  BoxSizes,
  ClassBalance,
  Confidences,
  ImageShapes,
  PlaceMap,
  ShapeAndSource,
  StatusChart,
} from "../components/statistics-charts";

export function StatisticsPage() {
  const { name = "" } = useParams({ strict: false });
  const client = useQueryClient();
  const dataset = useQuery(datasetQuery(name));
  const found = useQuery(statisticsQuery(name));
  const colors = useMemo(() => classColors(dataset.data?.classes), [dataset.data?.classes]);
  const refresh = useMutation({
    mutationFn: () => refreshStatistics(name),
    onSuccess: (answer) => client.setQueryData<DatasetStatistics>(datasetKeys.statistics(name), answer),
  });
  const { mutate, isIdle } = refresh;
  const state = found.data;
  // What was never measured, or is no longer true, is measured when somebody looks: once a visit.
  const isWanted = state !== undefined && state.status !== "computing" && !state.is_current;
  const wasAsked = useRef(false);
  useEffect(() => {
    if (isWanted && isIdle && !wasAsked.current) {
      wasAsked.current = true;
      mutate();
    }
  }, [isWanted, isIdle, mutate]);

  const problem = found.error ?? refresh.error;
  const statistics = state?.statistics;
  return (
    <div className="mx-auto w-full max-w-7xl px-6 pt-5 pb-12">
      <div className="mb-4 flex min-h-9 flex-wrap items-center justify-between gap-3">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h2 className="font-semibold text-lg">Statistics</h2>
          {state?.computed_at && (
            <span className="text-muted text-sm">
              Measured <TimeAgo at={state.computed_at} />
            </span>
          )}
          {state?.computed_at && !state.is_current && <Badge tone="warn">Changed since</Badge>}
        </div>
        <Button
          isBusy={refresh.isPending || state?.status === "computing"}
          disabled={state === undefined}
          onClick={() => refresh.mutate()}
        >
          <RefreshCw className="size-4" /> Measure again
        </Button>
      </div>
      {problem && (
        <div className="mb-4">
          <ProblemNote problem={problem} onRetry={() => void found.refetch()} />
        </div>
      )}
      {state?.status === "failed" && (
        <div className="mb-4">
          <ProblemNote
            problem={state.error_message ?? "The measuring failed"}
            onRetry={() => refresh.mutate()}
          />
        </div>
      )}
      {state?.status === "computing" && (
        <div className="mb-4" aria-live="polite">
          <p className="mb-1 text-muted text-sm">
            Looking at every annotation. You can leave this page meanwhile.
          </p>
          <ProgressBar label="Measuring the dataset" value={state.progress ?? null} />
        </div>
      )}
      {statistics ? (
        statistics.image_count === 0 ? (
          <EmptyState icon={<ChartColumn />} title="Nothing to measure yet">
            With images and annotations this page shows how classes are balanced, how large objects are and
            where, and how sure the annotator was. Upload images first.
          </EmptyState>
        ) : (
          <Charts
            datasetName={name}
            statistics={statistics}
            colors={colors}
            measuredAt={state.computed_at ?? null}
          />
        )
      ) : (
        !problem && <PendingCharts />
      )}
    </div>
  );
}

interface ChartsProps {
  datasetName: string;
  statistics: Statistics;
  colors: ReturnType<typeof classColors>;
  measuredAt: string | null;
}

function Charts({ datasetName, statistics, colors, measuredAt }: ChartsProps) {
  const of = { datasetName, statistics };
  const ofGrids = { ...of, colors, measuredAt };
  // Images can have tags and no shapes: what is counted in classes shows them.
  const hasAnnotations =
    statistics.annotation_count > 0 || statistics.classes.some((each) => each.image_count > 0);
  return (
    <div className="flex flex-col gap-4">
      <Card className="grid grid-cols-2 gap-4 sm:grid-cols-4">
        <Stat label="Images" value={formatCount(statistics.image_count)} />
        <Stat label="With annotations" value={formatCount(statistics.annotated_image_count)} />
        <Stat label="Annotations" value={formatCount(statistics.annotation_count)} />
        <Stat label="Classes" value={formatCount(statistics.classes.length)} />
      </Card>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          {hasAnnotations ? (
            <>
              <ClassBalance {...of} colors={colors} />
              <BoxSizes {...ofGrids} />
              <AnnotationsPerImage {...of} />
            </>
          ) : (
            <Card>
              <EmptyState icon={<ChartColumn />} title="No annotations yet">
                Once images are annotated, by people or by the annotator, this page shows how classes are
                balanced, how large objects are and where, and how sure the annotator was.
              </EmptyState>
            </Card>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <StatusChart {...of} />
          {hasAnnotations && (
            <>
              <ShapeAndSource {...of} />
              <PlaceMap {...ofGrids} />
              <Confidences {...of} />
            </>
          )}
          <ImageShapes {...of} />
        </div>
      </div>
    </div>
  );
}

function PendingCharts() {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-4">
      <Skeleton className="h-20 w-full" />
      <div className="grid gap-4 lg:grid-cols-2">
        <Skeleton className="h-72 w-full" />
        <Skeleton className="h-72 w-full" />
        <Skeleton className="h-96 w-full" />
        <Skeleton className="h-96 w-full" />
      </div>
    </div>
  );
}
