/** Near copies in a dataset, group by group. */

import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { CopyCheck } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { datasetQuery } from "@/features/datasets/api";
import { useMay } from "@/features/session/use-session";
import { classColors } from "@/lib/class-colors";
import { cx } from "@/lib/class-names";
import { formatCount, plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { EmptyState } from "@/ui/empty-state";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { Slider } from "@/ui/slider";
import { notifyProblem } from "@/ui/toast";
import { annotationsQuery, type Duplicates, duplicatesQuery } from "../api";
import { bestOf, DuplicateGroup } from "../components/duplicate-group";
import { chosenOf, useBulkActions } from "../hooks/use-bulk-actions";

const GROUP_HEIGHT = 274;
const MOST_DIFFERENT = 8;
const NO_FILTER = {};

export function DuplicatesPage() {
  const { name = "" } = useParams({ strict: false });
  const [distance, setDistance] = useState(4);
  const [asked, setAsked] = useState(4);
  const found = useQuery(duplicatesQuery(name, asked));
  const hasImages = found.data?.images_searched !== 0;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2 px-6 pt-5 pb-3">
        <div>
          <h2 className="font-semibold text-lg">Near copies</h2>
          <p className="text-muted text-sm">The same picture saved again, smaller, or a moment later.</p>
        </div>
        <div className={cx("ml-auto flex items-center gap-3 text-sm", !hasImages && "hidden")}>
          <span>Exact</span>
          <div className="w-40">
            <Slider
              label="How different copies may be"
              min={0}
              max={MOST_DIFFERENT}
              step={1}
              value={[distance]}
              onChange={([value = 0]) => setDistance(value)}
              onCommit={([value = 0]) => setAsked(value)}
            />
          </div>
          <span>Alike</span>
        </div>
      </div>
      {found.isPending ? (
        <div role="status" aria-label="Looking for copies" className="flex flex-col gap-3 px-6">
          <Skeleton className="h-64 w-full" />
          <Skeleton className="h-64 w-full" />
        </div>
      ) : found.error ? (
        <div className="px-6">
          <ProblemNote problem={found.error} onRetry={() => void found.refetch()} />
        </div>
      ) : found.data.groups.length === 0 ? (
        <EmptyState icon={<CopyCheck />} title="No near copies">
          {found.data.images_searched === 0
            ? "There is nothing to compare yet. Images are compared once their thumbnails are made, some seconds after they arrive."
            : `None of ${plural(found.data.images_searched, "image")} looks like another one. Move the slider to Alike to be less strict.`}
        </EmptyState>
      ) : (
        <Groups key={asked} datasetName={name} found={found.data} />
      )}
    </div>
  );
}

function Groups({ datasetName, found }: { datasetName: string; found: Duplicates }) {
  const dataset = useQuery(datasetQuery(datasetName));
  const colors = useMemo(() => classColors(dataset.data?.classes), [dataset.data?.classes]);
  const mayChange = useMay("member");
  const [kept, setKept] = useState<ReadonlyMap<string, string>>(new Map());
  const [busy, setBusy] = useState<string | null>(null);
  const [confirms, setConfirms] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const { perform } = useBulkActions(datasetName, NO_FILTER, nothing);
  const rows = useVirtualizer({
    count: found.groups.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => GROUP_HEIGHT,
    overscan: 2,
    gap: 12,
  });
  const items = rows.getVirtualItems();
  const ids = useMemo(
    () =>
      found.groups
        .slice(0, 40)
        .flatMap((group) =>
          group.images.filter((image) => image.annotation_count > 0).map((image) => image.id),
        )
        .slice(0, 500),
    [found.groups],
  );
  const drawn = useQuery(annotationsQuery(datasetName, ids));
  const keptOf = (index: number) => {
    const images = found.groups[index]?.images ?? [];
    return kept.get(images[0]?.id ?? "") ?? bestOf(images)?.id ?? "";
  };
  const othersOf = (index: number) => {
    const keep = keptOf(index);
    return (found.groups[index]?.images ?? []).map((image) => image.id).filter((id) => id !== keep);
  };
  const others = found.groups.flatMap((_, index) => othersOf(index));

  return (
    <>
      <div className="flex flex-wrap items-center gap-3 px-6 pb-3">
        <p aria-live="polite" className="text-muted text-sm tabular-nums">
          {plural(found.group_count, "group")} among {plural(found.images_searched, "image")}
          {found.group_count > found.groups.length && `; the largest ${found.groups.length} are here`}
          {found.images_searched < found.image_count &&
            `; the newest of ${formatCount(found.image_count)} were compared`}
        </p>
        {mayChange && (
          <Button className="ml-auto" onClick={() => setConfirms(true)}>
            Keep one of each, {plural(others.length, "other")} to the trash
          </Button>
        )}
      </div>
      <div ref={scroller} className="min-h-0 grow overflow-y-auto bg-canvas px-6 pb-8">
        <div className="relative" style={{ height: rows.getTotalSize() }}>
          {items.map((row) => {
            const group = found.groups[row.index];
            const key = group?.images[0]?.id ?? "";
            if (group === undefined) return null;
            return (
              <div
                key={row.key}
                ref={rows.measureElement}
                data-index={row.index}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <DuplicateGroup
                  datasetName={datasetName}
                  images={group.images}
                  isExact={group.is_exact}
                  kept={keptOf(row.index)}
                  shapesOf={(id) => drawn.data?.[id]}
                  colors={colors}
                  mayChange={mayChange}
                  isBusy={busy === key}
                  onKeep={(id) => setKept(new Map(kept).set(key, id))}
                  onArchive={() => {
                    setBusy(key);
                    perform(chosenOf(othersOf(row.index)), { kind: "archive" })
                      .catch((error) => notifyProblem("The copies were not moved", error))
                      .finally(() => setBusy(null));
                  }}
                />
              </div>
            );
          })}
        </div>
      </div>
      <ConfirmDialog
        isOpen={confirms}
        onClose={() => setConfirms(false)}
        title={`Move ${plural(others.length, "image")} to the trash?`}
        action="Move to the trash"
        onConfirm={() => perform(chosenOf(others), { kind: "archive" })}
      >
        The image that is marked stays in each of {plural(found.groups.length, "group")}. The others can be
        brought back from the trash.
      </ConfirmDialog>
    </>
  );
}

function nothing() {}
