/** All datasets of the organisation. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Images, LayoutGrid, Plus, Rows3, Search } from "lucide-react";
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { useMay } from "@/features/session/use-session";
import { plural } from "@/lib/format";
import { useStored } from "@/lib/storage";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { Select } from "@/ui/field";
import { Page } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Segmented } from "@/ui/segmented";
import { Skeleton } from "@/ui/skeleton";
import { type DatasetAnswer, datasetsQuery } from "../api";
import { CARD_HEIGHT, DatasetCard } from "../components/dataset-card";
import { DatasetTable } from "../components/dataset-table";
import { NewDatasetDialog } from "../components/new-dataset-dialog";
import type { DatasetListSearch, DatasetSort } from "../search";

const GAP = 16;
const CARD_WIDTH = 270;

export function DatasetListPage() {
  const { q = "", sort = "newest" } = useSearch({ strict: false }) as DatasetListSearch;
  const navigate = useNavigate();
  const datasets = useQuery(datasetsQuery);
  const mayCreate = useMay("member");
  const [view, setView] = useStored<"cards" | "table">("datasets.view", "cards");
  const [isCreating, setIsCreating] = useState(false);
  const shown = useMemo(() => sorted(matching(datasets.data ?? [], q), sort), [datasets.data, q, sort]);

  function search(change: DatasetListSearch) {
    const next: DatasetListSearch = { q: q || undefined, sort, ...change };
    void navigate({
      to: "/datasets",
      search: { ...(next.q ? { q: next.q } : {}), ...(next.sort === "newest" ? {} : { sort: next.sort }) },
      replace: true,
    });
  }

  const create = mayCreate && (
    <Button variant="primary" onClick={() => setIsCreating(true)}>
      <Plus className="size-4" /> New dataset
    </Button>
  );
  return (
    <Page title="Datasets" actions={datasets.data?.length === 0 ? undefined : create}>
      {datasets.isPending ? (
        <PendingCards />
      ) : datasets.error ? (
        <ProblemNote problem={datasets.error} onRetry={() => void datasets.refetch()} />
      ) : datasets.data.length === 0 ? (
        <EmptyState icon={<Images />} title="No datasets yet" action={create}>
          A dataset holds images and their annotations. Make one and upload images, or start a pipeline, which
          makes one from a folder.
        </EmptyState>
      ) : (
        <>
          <div className="mb-4 flex flex-wrap items-center gap-3">
            <div className="relative w-64 max-w-full">
              <Search aria-hidden="true" className="absolute top-2 left-2 size-4 text-faint" />
              <input
                type="search"
                aria-label="Search datasets"
                placeholder="Search datasets"
                value={q}
                onChange={(event) => search({ q: event.target.value })}
                className="h-8.5 w-full rounded-md border border-line-strong bg-surface pr-2 pl-8 text-sm placeholder:text-faint hover:border-muted"
              />
            </div>
            <div className="w-40">
              <Select
                aria-label="Order"
                value={sort}
                onChange={(value) => search({ sort: value as DatasetSort })}
                options={[
                  { value: "newest", label: "Newest first" },
                  { value: "name", label: "By name" },
                  { value: "images", label: "Most images first" },
                ]}
              />
            </div>
            <p aria-live="polite" className="text-muted text-xs tabular-nums">
              {plural(shown.length, "dataset")}
            </p>
            <div className="ml-auto">
              <Segmented
                label="View"
                value={view}
                onChange={setView}
                options={[
                  { value: "cards", label: <LayoutGrid />, title: "Cards" },
                  { value: "table", label: <Rows3 />, title: "Table" },
                ]}
              />
            </div>
          </div>
          {shown.length === 0 ? (
            <EmptyState
              icon={<Search />}
              title="No dataset of that name"
              action={<Button onClick={() => search({ q: "" })}>Show all</Button>}
            >
              No name and no description contains “{q}”.
            </EmptyState>
          ) : view === "table" ? (
            <DatasetTable datasets={shown} />
          ) : (
            <Cards datasets={shown} />
          )}
        </>
      )}
      {isCreating && <NewDatasetDialog onClose={() => setIsCreating(false)} />}
    </Page>
  );
}

/** Only the cards on screen are there: each asks for its images. */
function Cards({ datasets }: { datasets: readonly DatasetAnswer[] }) {
  const list = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return;
    const measure = () => {
      setWidth(element.clientWidth);
      setTop(element.offsetTop);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const columns = Math.max(1, Math.floor((width + GAP) / (CARD_WIDTH + GAP)));
  const rows = useVirtualizer({
    count: width === 0 ? 0 : Math.ceil(datasets.length / columns),
    getScrollElement: () => list.current?.closest("main") ?? null,
    estimateSize: () => CARD_HEIGHT + GAP,
    overscan: 2,
    scrollMargin: top,
  });
  return (
    <div ref={list} className="relative" style={{ height: rows.getTotalSize() }}>
      {rows.getVirtualItems().map((row) => (
        <div
          key={row.key}
          className="absolute inset-x-0 top-0 grid gap-4"
          style={{
            gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            transform: `translateY(${row.start - top}px)`,
          }}
        >
          {datasets.slice(row.index * columns, (row.index + 1) * columns).map((dataset) => (
            <DatasetCard key={dataset.id} dataset={dataset} />
          ))}
        </div>
      ))}
    </div>
  );
}

function PendingCards() {
  return (
    <div role="status" aria-label="Loading datasets">
      <Skeleton className="mb-4 h-8.5 w-96" />
      <div className="grid grid-cols-[repeat(auto-fill,minmax(270px,1fr))] gap-4">
        {Array.from({ length: 8 }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
          <div key={index} className="animate-pulse rounded-lg bg-sunken" style={{ height: CARD_HEIGHT }} />
        ))}
      </div>
    </div>
  );
}

function matching(datasets: readonly DatasetAnswer[], text: string): DatasetAnswer[] {
  const wanted = text.trim().toLowerCase();
  return datasets.filter(
    (each) =>
      each.name.toLowerCase().includes(wanted) || (each.description ?? "").toLowerCase().includes(wanted),
  );
}

function sorted(datasets: DatasetAnswer[], sort: DatasetSort): DatasetAnswer[] {
  if (sort === "name")
    return datasets.toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  if (sort === "images") return datasets.toSorted((a, b) => (b.image_count ?? 0) - (a.image_count ?? 0));
  return datasets;
}
