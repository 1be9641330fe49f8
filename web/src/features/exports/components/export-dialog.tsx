/** One export: how far it is, what is in it, what its format could not hold, and how programs fetch it. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useLiveQuery } from "@/api/events";
import { RoleNote } from "@/features/session/role-note";
import { useMay } from "@/features/session/use-session";
import { formatBytes, formatCount, formatDateTime, plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { CodeLine } from "@/ui/code-line";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { CopyButton } from "@/ui/copy-button";
import { Dialog } from "@/ui/dialog";
import { ProblemNote } from "@/ui/problem-note";
import { ProgressBar } from "@/ui/progress-bar";
import { Skeleton } from "@/ui/skeleton";
import { notify } from "@/ui/toast";
import {
  deleteExport,
  downloadExport,
  type ExportAnswer,
  exportEvents,
  exportKeys,
  exportQuery,
  isRunning,
} from "../api";
import { downloadCode, scopeWords } from "../words";
import { LossReport } from "./loss-report";

interface ExportDialogProps {
  dataset: string;
  name: string;
  onClose: () => void;
}

export function ExportDialog({ dataset, name, onClose }: ExportDialogProps) {
  const queries = useQueryClient();
  const found = useQuery(exportQuery(dataset, name));
  const export_ = found.data;
  useLiveQuery(
    exportKeys.one(dataset, name),
    export_ && isRunning(export_) ? exportEvents(export_) : null,
    (snapshot) => (snapshot as { export: ExportAnswer }).export,
    { onEnd: () => void queries.invalidateQueries({ queryKey: exportKeys.all }) },
  );
  const mayDelete = useMay("admin");
  const [isDeleting, setIsDeleting] = useState(false);
  const download = useMutation({ mutationFn: downloadExport });
  return (
    <>
      <Dialog
        isOpen={!isDeleting}
        onClose={onClose}
        size="lg"
        title={<span className="break-words">{name}</span>}
        description={
          <span className="break-words">
            {export_ ? `${scopeWords(export_)}, dataset ${dataset}` : `Dataset ${dataset}`}
          </span>
        }
        actions={
          export_ && (
            <>
              {mayDelete && (
                <Button variant="danger" onClick={() => setIsDeleting(true)}>
                  <Trash2 aria-hidden="true" className="size-4" />
                  Delete
                </Button>
              )}
              <Button
                variant="primary"
                disabled={export_.status !== "completed"}
                isBusy={download.isPending}
                onClick={() => download.mutate(export_)}
              >
                <Download aria-hidden="true" className="size-4" />
                Download {export_.file_size == null ? "" : formatBytes(export_.file_size)}
              </Button>
            </>
          )
        }
      >
        {found.isPending && <Skeleton className="h-64 w-full" />}
        {found.isError && <ProblemNote problem={found.error} onRetry={() => found.refetch()} />}
        {download.isError && <ProblemNote problem={download.error} />}
        {export_ && <Content export_={export_} />}
        {export_ && !mayDelete && (
          <div className="pt-3">
            <RoleNote needs="admin" what="Deleting exports" />
          </div>
        )}
      </Dialog>
      <ConfirmDialog
        isOpen={isDeleting}
        onClose={() => setIsDeleting(false)}
        title={`Delete the export ${name}?`}
        action={export_ && isRunning(export_) ? "Stop and delete it" : "Delete it"}
        isDangerous
        onConfirm={async () => {
          if (!export_) return;
          await deleteExport(export_);
          notify({ title: `The export ${name} is deleted` });
          onClose();
          await queries.invalidateQueries({ queryKey: exportKeys.all });
        }}
      >
        Its file is removed, and links to it stop working. The dataset, and the version that was frozen for
        it, stay; models that were trained on it do, too.
      </ConfirmDialog>
    </>
  );
}

function Content({ export_ }: { export_: ExportAnswer }) {
  const code = downloadCode(export_);
  return (
    <div className="flex flex-col gap-5">
      {isRunning(export_) && (
        <div className="flex flex-col gap-1.5 text-sm" aria-live="polite">
          <ProgressBar
            label="Progress of the export"
            value={export_.status === "pending" ? null : (export_.progress ?? 0)}
          />
          <p className="text-muted">
            {export_.status === "pending"
              ? "It waits for its turn."
              : (export_.progress_message ?? "It begins.")}{" "}
            You may close this: it goes on.
          </p>
        </div>
      )}
      {export_.status === "failed" && (
        <ProblemNote
          problem={`The export failed: ${export_.error_message ?? "it did not say why"}. Make it again under another name.`}
        />
      )}
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 text-sm sm:grid-cols-3">
        <Fact label="Format">{export_.format}</Fact>
        <Fact label="Images">{export_.image_count == null ? "…" : formatCount(export_.image_count)}</Fact>
        <Fact label="With annotations">
          {export_.report ? formatCount(export_.report.annotated_images) : "…"}
        </Fact>
        <Fact label="Annotations">
          {export_.annotation_count == null ? "…" : formatCount(export_.annotation_count)}
        </Fact>
        <Fact label="Files of the images">{export_.include_images ? "in it" : "not in it"}</Fact>
        <Fact label="Made">{formatDateTime(export_.created_at)}</Fact>
        {export_.class_filter && (
          <Fact label={plural(export_.class_filter.length, "class", "classes")} isWide>
            {export_.class_filter.join(", ")}
          </Fact>
        )}
        {export_.sha256 && (
          <Fact label="SHA-256 of the file" isWide>
            <span className="flex items-center gap-1">
              <code className="min-w-0 break-all font-mono text-xs">{export_.sha256}</code>
              <CopyButton text={export_.sha256} label="Copy the hash" />
            </span>
          </Fact>
        )}
      </dl>
      {export_.report && <LossReport lost={export_.report.lost} format={export_.format} />}
      <section aria-label="In programs" className="flex flex-col gap-2 text-sm">
        <h3 className="font-medium">Fetch it in a program, or in a shell</h3>
        <CodeLine code={code.sdk} label="Copy the line of Python" />
        <CodeLine code={code.cli} label="Copy the command" />
      </section>
    </div>
  );
}

function Fact({ label, isWide, children }: { label: string; isWide?: boolean; children: ReactNode }) {
  return (
    <div className={isWide ? "col-span-full min-w-0" : "min-w-0"}>
      <dt className="text-muted text-xs">{label}</dt>
      <dd className="break-words">{children}</dd>
    </div>
  );
}
