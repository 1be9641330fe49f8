/** A dataset's images: narrowed, sorted, chosen and changed. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { countsQuery, datasetQuery, foldersQuery, statisticsQuery } from "@/features/datasets/api";
import { useMay } from "@/features/session/use-session";
import { classColors } from "@/lib/class-colors";
import { formatCount, plural } from "@/lib/format";
import { useStored } from "@/lib/storage";
import { ProblemNote } from "@/ui/problem-note";
import { imageKeys } from "../api";
import { BulkProgress } from "../components/bulk-progress";
import { FilterChips } from "../components/filter-chips";
import { type FolderAction, FolderDialogs } from "../components/folder-dialogs";
import { FolderTree } from "../components/folder-tree";
import { NoImages, NothingMatches, PendingGallery, PendingGrid } from "../components/gallery-notices";
import { GallerySelection } from "../components/gallery-selection";
import { GalleryTools, GalleryView } from "../components/gallery-tools";
import { ImageGrid } from "../components/image-grid";
import { SimilarPanel } from "../components/similar-panel";
import { chosenOf } from "../hooks/use-bulk-actions";
import { useBulkJob } from "../hooks/use-bulk-job";
import { useDatasetJobs } from "../hooks/use-dataset-jobs";
import { useImagePages } from "../hooks/use-image-pages";
import { type GallerySearch, isNarrowed, isSteady, listSearchOf, withSearch } from "../search";
import { EVERYTHING, hasChoice, NOTHING, type Selection } from "../selection/selection";

export function GalleryPage() {
  const { name = "" } = useParams({ strict: false });
  const search = useSearch({ strict: false }) as GallerySearch;
  const navigate = useNavigate();
  const list = useMemo(() => listSearchOf(search), [search]);

  const dataset = useQuery(datasetQuery(name));
  const counts = useQuery(countsQuery(name));
  const folders = useQuery(foldersQuery(name));
  const statistics = useQuery(statisticsQuery(name));
  const pages = useImagePages(name, list);
  const colors = useMemo(() => classColors(dataset.data?.classes), [dataset.data?.classes]);
  const mayChange = useMay("member");

  const [size, setSize] = useStored("gallery.size", 180);
  const [isDrawn, setIsDrawn] = useStored("gallery.drawn", true);
  const [isTreeShown, setIsTreeShown] = useStored("gallery.folders", window.innerWidth >= 1200);
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [folderAction, setFolderAction] = useState<FolderAction | null>(null);
  const begin = useBulkJob(name);
  const jobs = useDatasetJobs(name, isSteady(list));

  // Images are changed on other pages, the editor above all: what is shown on the way back is asked for again.
  const client = useQueryClient();
  useEffect(
    () => () => void client.invalidateQueries({ queryKey: imageKeys.all(name), refetchType: "none" }),
    [client, name],
  );

  const change = useCallback(
    (values: Partial<GallerySearch>) => {
      // Another list: what is chosen may not be in it.
      if (!("similar" in values)) setSelection(NOTHING);
      void navigate({
        to: "/datasets/$name",
        params: { name },
        search: withSearch(search, values),
        replace: true,
      });
    },
    [navigate, name, search],
  );
  const clear = useCallback(() => {
    setSelection(NOTHING);
    void navigate({ to: "/datasets/$name", params: { name }, search: withSearch({}, { sort: search.sort }) });
  }, [navigate, name, search.sort]);
  const open = useCallback(
    (imageId: string) =>
      void navigate({ to: "/datasets/$name/images/$imageId", params: { name, imageId }, search: list }),
    [navigate, name, list],
  );
  const selectAll = useCallback(() => setSelection(EVERYTHING), []);
  const clearSelection = useCallback(() => setSelection(NOTHING), []);

  const hasFolders = (folders.data?.length ?? 0) > 1;
  const sources = (statistics.data?.statistics?.sources ?? []).map((each) => each.source);
  const isEmpty = counts.data?.image_count === 0;

  // What stands beside and above the images depends on both: they come once, where they stay.
  if (folders.isPending || counts.isPending) return <PendingGallery cellWidth={size} />;
  if (isEmpty && !isNarrowed(list)) return <NoImages datasetName={name} />;
  return (
    <div className="flex h-full min-h-0">
      {hasFolders && isTreeShown && (
        <div className="w-56 shrink-0 overflow-y-auto border-line border-r px-2 pt-1">
          <FolderTree
            folders={folders.data ?? []}
            selected={search.folder_path}
            onSelect={(folder_path) => change({ folder_path })}
            onRename={mayChange ? (path) => setFolderAction({ kind: "move", path }) : undefined}
            onArchive={mayChange ? (path) => setFolderAction({ kind: "archive", path }) : undefined}
          />
        </div>
      )}
      <div className="relative flex min-w-0 grow flex-col">
        <div className="flex flex-col gap-2 px-6 pt-3 pb-2">
          <GalleryTools
            search={search}
            onChange={change}
            counts={counts.data}
            classes={counts.data?.classes ?? []}
            sources={sources}
            hasFolders={hasFolders}
            isTreeShown={isTreeShown}
            onToggleTree={() => setIsTreeShown(!isTreeShown)}
          />
          <div className="flex min-h-8.5 items-center gap-3">
            <p aria-live="polite" className="text-muted text-xs tabular-nums">
              {pages.isPending
                ? " "
                : countWords(
                    pages.total,
                    pages.count,
                    isNarrowed(list) ? counts.data?.image_count : undefined,
                  )}
            </p>
            <GalleryView
              sort={search.sort}
              onChange={change}
              isDrawn={isDrawn}
              onToggleDrawn={() => setIsDrawn(!isDrawn)}
              size={size}
              onSize={setSize}
            />
          </div>
          <FilterChips search={search} onChange={change} onClear={clear} />
        </div>
        <div className="min-h-0 grow">
          {pages.problem ? (
            <div className="px-6">
              <ProblemNote problem={pages.problem} onRetry={pages.retry} />
            </div>
          ) : pages.isPending ? (
            <PendingGrid cellWidth={size} />
          ) : pages.count === 0 ? (
            <NothingMatches onClear={clear} />
          ) : (
            <ImageGrid
              key={JSON.stringify(list)}
              label={`Images of ${name}`}
              datasetName={name}
              pages={pages}
              colors={colors}
              cellWidth={size}
              isDrawn={isDrawn}
              isLive={jobs.length > 0}
              selection={selection}
              onSelect={setSelection}
              onSelectAll={selectAll}
              list={list}
              onOpen={open}
              scrollKey={`${name} ${JSON.stringify(list)}`}
            />
          )}
        </div>
        <BulkProgress jobs={jobs} isRaised={hasChoice(selection)} />
        {hasChoice(selection) && (
          <GallerySelection
            datasetName={name}
            list={list}
            selection={selection}
            total={pages.total}
            classes={dataset.data?.classes ?? []}
            tags={(counts.data?.classes ?? []).filter((each) => each.tagged_image_count > 0)}
            onSelectAll={selectAll}
            onClear={clearSelection}
            onSimilar={(imageId) => change({ similar: imageId })}
          />
        )}
      </div>
      {search.similar && (
        <SimilarPanel
          datasetName={name}
          imageId={search.similar}
          onSelect={(ids) => setSelection(chosenOf(ids))}
          onClose={() => change({ similar: undefined })}
        />
      )}
      <FolderDialogs
        datasetName={name}
        action={folderAction}
        begin={begin}
        onClose={() => setFolderAction(null)}
      />
    </div>
  );
}

/** `whole` is how many the dataset has, where only a part of them is listed. */
function countWords(total: number | null, loaded: number, whole: number | undefined): string {
  if (total === null) return `At least ${plural(loaded, "image")}`;
  return whole === undefined ? plural(total, "image") : `${formatCount(total)} of ${plural(whole, "image")}`;
}
