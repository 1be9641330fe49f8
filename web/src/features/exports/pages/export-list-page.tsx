/** Exports of all datasets, newest first. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { PackageOpen, Plus } from "lucide-react";
import { datasetsQuery } from "@/features/datasets/api";
import { RoleNote } from "@/features/session/role-note";
import { useMay } from "@/features/session/use-session";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SelectField } from "@/ui/field";
import { Page } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { exportsQuery } from "../api";
import { ExportDialog } from "../components/export-dialog";
import { ExportsTable } from "../components/exports-table";
import { NewExportDialog } from "../components/new-export-dialog";
import { type ExportSearch, STATUSES } from "../search";

const WORDS = {
  pending: "Waiting",
  processing: "Being written",
  completed: "Ready",
  failed: "Failed",
} as const;

export function ExportListPage() {
  const search = useSearch({ from: "/signed-in/shell/exports" });
  const navigate = useNavigate();
  const mayCreate = useMay("member");
  const datasets = useQuery(datasetsQuery);
  const exports = useInfiniteQuery(exportsQuery({ dataset_name: search.dataset, status: search.status }));
  const found = exports.data?.pages.flat();
  const isFiltered = search.dataset !== undefined || search.status !== undefined;
  const change = (next: ExportSearch, replace = true) =>
    void navigate({ to: "/exports", search: { ...search, ...next }, replace });
  const button = (
    <Button variant="primary" onClick={() => change({ new: true }, false)}>
      <Plus aria-hidden="true" className="size-4" />
      New export
    </Button>
  );
  return (
    <Page
      title="Exports"
      description="Datasets as files, in the formats of other tools."
      actions={mayCreate ? button : <RoleNote needs="member" what="Exporting" />}
    >
      {(isFiltered || (found && found.length > 0)) && (
        <div className="mb-3 flex flex-wrap gap-3">
          <SelectField
            label="Dataset"
            isLabelHidden
            className="w-56"
            value={search.dataset ?? ""}
            onChange={(dataset) => change({ dataset: dataset || undefined })}
            options={[
              { value: "", label: "All datasets" },
              ...(datasets.data ?? []).map((each) => ({ value: each.name, label: each.name })),
            ]}
          />
          <SelectField
            label="State"
            isLabelHidden
            className="w-40"
            value={search.status ?? ""}
            onChange={(status) => change({ status: STATUSES.find((each) => each === status) })}
            options={[
              { value: "", label: "In any state" },
              ...STATUSES.map((each) => ({ value: each, label: WORDS[each] })),
            ]}
          />
        </div>
      )}
      {exports.isPending && <Skeleton className="h-64 w-full" />}
      {exports.isError && <ProblemNote problem={exports.error} onRetry={() => exports.refetch()} />}
      {found && found.length > 0 && <ExportsTable exports={found} search={search} />}
      {found?.length === 0 &&
        (isFiltered ? (
          <EmptyState
            icon={<PackageOpen />}
            title="No export matches"
            action={
              <Button onClick={() => change({ dataset: undefined, status: undefined })}>
                Show all exports
              </Button>
            }
          >
            There are none of this dataset in this state.
          </EmptyState>
        ) : (
          <EmptyState
            icon={<PackageOpen />}
            title="Nothing has been exported yet"
            action={mayCreate ? button : undefined}
          >
            An export is a dataset in one ZIP: COCO, YOLO, Pascal VOC, CVAT, LabelMe, CSV, masks and more. It
            says what its format could not hold. Training runs make theirs by themselves.
          </EmptyState>
        ))}
      {exports.hasNextPage && (
        <div className="pt-3 text-center">
          <Button isBusy={exports.isFetchingNextPage} onClick={() => exports.fetchNextPage()}>
            Show older exports
          </Button>
        </div>
      )}
      {search.new && mayCreate && (
        <NewExportDialog
          dataset={search.dataset}
          version={search.version}
          onClose={() => change({ new: undefined, version: undefined })}
          onCreated={(made) =>
            change({ new: undefined, version: undefined, show: made.name, of: made.dataset_name })
          }
        />
      )}
      {search.show && search.of && (
        <ExportDialog
          key={`${search.of}/${search.show}`}
          dataset={search.of}
          name={search.show}
          onClose={() => change({ show: undefined, of: undefined })}
        />
      )}
    </Page>
  );
}
