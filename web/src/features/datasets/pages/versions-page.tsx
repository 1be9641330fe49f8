/** What a dataset held at moments that were kept. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Ellipsis, GitCompareArrows, History, Plus } from "lucide-react";
import { useEffect, useState } from "react";
import { useMay } from "@/features/session/use-session";
import { formatBytes, formatCount, plural } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { ProblemNote } from "@/ui/problem-note";
import { ProgressBar } from "@/ui/progress-bar";
import { Skeleton } from "@/ui/skeleton";
import { Table, Td, Th, Tr } from "@/ui/table";
import { TimeAgo } from "@/ui/time-ago";
import { datasetKeys, restoreQuery, type Version, type VersionRestore, versionsQuery } from "../api";
import {
  CreateVersionDialog,
  DeleteVersionDialog,
  RenameVersionDialog,
  RestoreVersionDialog,
} from "../components/version-dialogs";
import { VersionDiffDialog } from "../components/version-diff";

type OpenDialog = { kind: "create" } | { kind: "rename" | "diff" | "restore" | "delete"; version: Version };

export function VersionsPage() {
  const { name = "" } = useParams({ strict: false });
  const versions = useQuery(versionsQuery(name));
  const mayCreate = useMay("member");
  const mayDelete = useMay("admin");
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const [restores, setRestores] = useState<readonly VersionRestore[]>([]);
  const close = () => setDialog(null);
  const create = mayCreate && (
    <Button variant="primary" onClick={() => setDialog({ kind: "create" })}>
      <Plus className="size-4" /> New version
    </Button>
  );
  return (
    <div className="mx-auto w-full max-w-7xl px-6 pt-5 pb-12">
      <div className="mb-4 flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0 flex-1 basis-72">
          <h2 className="font-semibold text-lg">Versions</h2>
          <p className="max-w-2xl text-muted text-sm">
            What the dataset held at a moment. Exports and training runs make one by themselves, so that a
            model can always say what it learned from.
          </p>
        </div>
        {create}
      </div>
      {restores.map((restore) => (
        <RestoreNote key={restore.id} datasetName={name} restore={restore} />
      ))}
      {versions.isPending ? (
        <Skeleton className="h-64 w-full" />
      ) : versions.error ? (
        <ProblemNote problem={versions.error} onRetry={() => void versions.refetch()} />
      ) : versions.data.length === 0 ? (
        <EmptyState icon={<History />} title="No versions yet" action={create}>
          A version keeps images, annotations and classes as they are now. Later versions can be compared with
          it, and it can be made a dataset again.
        </EmptyState>
      ) : (
        <Table label="Versions">
          <thead>
            <tr>
              <Th isNumber>No.</Th>
              <Th>Name</Th>
              <Th isNumber>Images</Th>
              <Th isNumber>Annotations</Th>
              <Th isNumber>Size</Th>
              <Th className="max-lg:hidden">Made</Th>
              <Th>
                <span className="sr-only">What can be done</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {versions.data.map((version) => (
              <VersionRow
                key={version.id}
                version={version}
                mayChange={mayCreate}
                mayDelete={mayDelete}
                onDialog={(kind) => setDialog({ kind, version })}
              />
            ))}
          </tbody>
        </Table>
      )}
      {dialog?.kind === "create" && <CreateVersionDialog datasetName={name} onClose={close} />}
      {dialog?.kind === "rename" && (
        <RenameVersionDialog datasetName={name} version={dialog.version} onClose={close} />
      )}
      {dialog?.kind === "diff" && (
        <VersionDiffDialog
          datasetName={name}
          versions={versions.data ?? []}
          version={dialog.version}
          onClose={close}
        />
      )}
      {dialog?.kind === "restore" && (
        <RestoreVersionDialog
          datasetName={name}
          version={dialog.version}
          onClose={close}
          onStarted={(restore) => setRestores([restore, ...restores])}
        />
      )}
      {dialog?.kind === "delete" && (
        <DeleteVersionDialog datasetName={name} version={dialog.version} onClose={close} />
      )}
    </div>
  );
}

interface VersionRowProps {
  version: Version;
  mayChange: boolean;
  mayDelete: boolean;
  onDialog: (kind: "rename" | "diff" | "restore" | "delete") => void;
}

function VersionRow({ version, mayChange, mayDelete, onDialog }: VersionRowProps) {
  const isReady = version.status === "ready";
  return (
    <Tr>
      <Td isNumber className="w-14 font-medium">
        {version.number}
      </Td>
      <Td className="max-w-60 lg:max-w-80">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
          <span className="truncate" title={version.name ?? undefined}>
            {version.name ?? <span className="text-muted">Version {version.number}</span>}
          </span>
          {version.export_id && <Badge>From an export</Badge>}
          {version.status_filter && version.status_filter !== "all" && <Badge>{version.status_filter}</Badge>}
          {version.status === "failed" && <Badge tone="danger">Failed</Badge>}
        </div>
        {version.description && <p className="truncate text-muted text-xs">{version.description}</p>}
        {version.status === "freezing" && (
          <div className="mt-1" aria-live="polite">
            <ProgressBar label={`Keeping version ${version.number}`} value={(version.progress ?? 0) / 100} />
          </div>
        )}
        {version.status === "failed" && <p className="text-danger text-xs">{version.error_message}</p>}
      </Td>
      <Td isNumber>{isReady ? formatCount(version.image_count ?? 0) : "–"}</Td>
      <Td isNumber>{isReady ? formatCount(version.annotation_count ?? 0) : "–"}</Td>
      <Td isNumber className="whitespace-nowrap">
        {isReady ? formatBytes(version.total_size ?? 0) : "–"}
      </Td>
      <Td className="text-muted max-lg:hidden">
        <TimeAgo at={version.created_at} />
        {version.created_by_name && (
          <span className="block max-w-48 truncate text-xs">{version.created_by_name}</span>
        )}
      </Td>
      <Td className="w-36 lg:w-40">
        <div className="flex justify-end gap-1">
          {isReady && (
            <Button size="sm" onClick={() => onDialog("diff")}>
              <GitCompareArrows className="size-4" /> Compare
            </Button>
          )}
          {mayChange && (
            <Menu
              trigger={
                <button
                  type="button"
                  aria-label={`More for version ${version.number}`}
                  className="inline-flex size-8 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text"
                >
                  <Ellipsis className="size-4" />
                </button>
              }
            >
              <MenuItem onSelect={() => onDialog("rename")}>Name and description…</MenuItem>
              <MenuItem disabled={!isReady} onSelect={() => onDialog("restore")}>
                Restore as a dataset…
              </MenuItem>
              {mayDelete && (
                <>
                  <MenuSeparator />
                  <MenuItem isDangerous onSelect={() => onDialog("delete")}>
                    Delete…
                  </MenuItem>
                </>
              )}
            </Menu>
          )}
        </div>
      </Td>
    </Tr>
  );
}

function RestoreNote({ datasetName, restore }: { datasetName: string; restore: VersionRestore }) {
  const client = useQueryClient();
  const { data = restore } = useQuery({
    ...restoreQuery(datasetName, restore.version_id ?? "", restore.id),
    enabled: restore.version_id !== null,
    initialData: restore,
  });
  const isDone = data.status === "completed";
  useEffect(() => {
    if (isDone) void client.invalidateQueries({ queryKey: datasetKeys.list() });
  }, [isDone, client]);
  return (
    <div aria-live="polite" className="mb-3 rounded-lg border border-line bg-surface px-3 py-2.5 text-sm">
      {isDone ? (
        <p>
          Restored:{" "}
          <Link
            to="/datasets/$name"
            params={{ name: data.dataset_name }}
            className="break-all text-accent hover:underline"
          >
            {data.dataset_name}
          </Link>
          , {plural(data.images_done, "image")}
        </p>
      ) : data.status === "failed" || data.status === "cancelled" ? (
        <p className="text-danger">
          {data.dataset_name} was not restored: {data.error_message ?? "it was cancelled"}
        </p>
      ) : (
        <>
          <p className="mb-1.5">
            Restoring {data.dataset_name}: {formatCount(data.images_done)} of{" "}
            {plural(data.images_total, "image")}
          </p>
          <ProgressBar label="Restoring" value={data.images_done / Math.max(1, data.images_total)} />
        </>
      )}
    </div>
  );
}
