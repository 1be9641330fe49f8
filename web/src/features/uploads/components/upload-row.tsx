/** One upload: how far it is, what can be done with it, and its files when one wants to see them. */

import { Link } from "@tanstack/react-router";
import { Pause, Play, RotateCcw, X } from "lucide-react";
import { lazy, Suspense } from "react";
import { formatBytes, plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { IconButton } from "@/ui/icon-button";
import { ProblemNote } from "@/ui/problem-note";
import { ProgressBar } from "@/ui/progress-bar";
import { pauseUpload, removeUpload, resumeUpload, startPlanned } from "../store";
import { type ArchiveUpload, countsOf, type FilesUpload, type Upload } from "../upload";
import { ImportPlanText } from "./import-plan-text";

// Every page carries the tray; few people open the list.
const FileList = lazy(() => import("./file-list").then((module) => ({ default: module.FileList })));

export function UploadRow({ upload, isOpen }: { upload: Upload; isOpen: boolean }) {
  const isFailed = upload.kind === "files" && upload.state === "done" && countsOf(upload).failed > 0;
  return (
    <li className="flex flex-col gap-2 px-3 py-2.5">
      <div className="flex items-start gap-2">
        <div className="min-w-0 grow">
          <Link
            to="/datasets/$name"
            params={{ name: upload.datasetName }}
            className="block truncate font-medium text-sm hover:underline"
            title={upload.datasetName}
          >
            {upload.kind === "archive" ? upload.file.name : upload.datasetName}
          </Link>
          <p className="text-muted text-xs tabular-nums" role="status">
            {upload.kind === "files" ? filesWords(upload) : archiveWords(upload)}
          </p>
        </div>
        {upload.state === "running" && (
          <IconButton label="Pause the upload" onClick={() => pauseUpload(upload)}>
            <Pause />
          </IconButton>
        )}
        {upload.state === "paused" && (
          <IconButton label="Resume the upload" onClick={() => resumeUpload(upload)}>
            <Play />
          </IconButton>
        )}
        {(isFailed || upload.state === "failed") && (
          <IconButton label="Try what failed again" onClick={() => resumeUpload(upload)}>
            <RotateCcw />
          </IconButton>
        )}
        <IconButton
          label={upload.state === "done" ? "Take it off the list" : "Cancel the upload"}
          onClick={() => removeUpload(upload)}
        >
          <X />
        </IconButton>
      </div>
      <UploadBar upload={upload} />
      {upload.problem !== null && <ProblemNote problem={upload.problem} />}
      {upload.kind === "archive" && upload.state === "planned" && upload.import?.plan && (
        <div className="flex flex-col gap-2 text-sm">
          <ImportPlanText plan={upload.import.plan} />
          <Button
            variant="primary"
            size="sm"
            className="self-start"
            onClick={() => void startPlanned(upload)}
          >
            Import
          </Button>
        </div>
      )}
      {isOpen && upload.kind === "files" && (
        <Suspense>
          <FileList upload={upload} />
        </Suspense>
      )}
    </li>
  );
}

export function UploadBar({ upload }: { upload: Upload }) {
  if (upload.kind === "files") {
    const counts = countsOf(upload);
    const share = counts.totalBytes === 0 ? 1 : counts.sentBytes / counts.totalBytes;
    return <ProgressBar label={`Upload into ${upload.datasetName}`} value={share} />;
  }
  const isImporting = upload.import !== null && ["planning", "importing"].includes(upload.import.status);
  const share = isImporting ? (upload.import?.progress ?? 0) / 100 : upload.sentBytes / upload.file.size;
  return <ProgressBar label={`Import of ${upload.file.name}`} value={upload.state === "done" ? 1 : share} />;
}

export function filesWords(upload: FilesUpload): string {
  const counts = countsOf(upload);
  const parts = [`${counts.sent + counts.skipped} of ${plural(counts.total, "image")}`];
  if (counts.skipped > 0) parts.push(`${counts.skipped} there already`);
  if (counts.failed > 0) parts.push(`${counts.failed} failed`);
  if (upload.others > 0) parts.push(`${plural(upload.others, "other file")} left out`);
  if (upload.state === "paused") parts.push("paused");
  return parts.join(", ");
}

export function archiveWords(upload: ArchiveUpload): string {
  const { file, import: begun, state } = upload;
  if (state === "paused") return "Paused";
  if (state === "failed") return "Failed";
  if (state === "planned") return "Look at what it will do";
  if (state === "done") {
    const result = begun?.result;
    return result
      ? `${plural(result.images_added ?? 0, "image")} added, ${plural(result.annotations_added ?? 0, "annotation")}`
      : "Done";
  }
  if (begun?.status === "planning") return "Looking at what is in it";
  if (begun?.status === "importing") return `Importing, ${begun.progress ?? 0} %`;
  return `${formatBytes(upload.sentBytes)} of ${formatBytes(file.size)}`;
}
