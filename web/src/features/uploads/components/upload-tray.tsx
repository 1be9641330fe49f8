/** What is being uploaded, at the lower edge of every page. Mounted once, around all pages. */

import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown, ChevronUp, Minus, Upload as UploadIcon } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { cx } from "@/lib/class-names";
import { formatPercent, plural } from "@/lib/format";
import { IconButton } from "@/ui/icon-button";
import { useUploads } from "../store";
import { countsOf, isActive, type Upload } from "../upload";
import { UploadRow } from "./upload-row";

const REFRESH_MS = 3000;

/** `isSmall`: where the page has the whole window, only a sign of it until somebody wants to see more. */
export function UploadTray({ isSmall }: { isSmall: boolean }) {
  const uploads = useUploads();
  const [isOpen, setIsOpen] = useState(false);
  const [isWanted, setIsWanted] = useState(false);
  useFreshLists(uploads);
  if (uploads.length === 0) return null;
  const active = uploads.filter(isActive).length;
  if (isSmall && !isWanted) return <UploadSign uploads={uploads} onOpen={() => setIsWanted(true)} />;
  return (
    <section
      aria-label="Uploads"
      className="fixed right-4 bottom-4 z-30 w-96 max-w-[calc(100vw-2rem)] overflow-hidden rounded-lg border border-line bg-surface shadow-float"
    >
      <div className="flex h-10 items-center justify-between gap-2 border-line border-b pr-1.5 pl-3">
        <h2 className="truncate font-medium text-sm">
          {active > 0 ? plural(active, "upload") : "Uploads"}
          <span className="ml-2 text-muted tabular-nums" aria-live="off">
            {formatPercent(shareOf(uploads))}
          </span>
        </h2>
        <div className="flex">
          <IconButton
            label={isOpen ? "Hide the files" : "Show the files"}
            aria-expanded={isOpen}
            onClick={() => setIsOpen(!isOpen)}
          >
            {isOpen ? <ChevronDown /> : <ChevronUp />}
          </IconButton>
          {isSmall && (
            <IconButton label="Make it small" onClick={() => setIsWanted(false)}>
              <Minus />
            </IconButton>
          )}
        </div>
      </div>
      <ul className="max-h-[60vh] divide-y divide-line overflow-y-auto">
        {uploads.map((upload) => (
          <UploadRow key={upload.id} upload={upload} isOpen={isOpen} />
        ))}
      </ul>
    </section>
  );
}

function UploadSign({ uploads, onOpen }: { uploads: readonly Upload[]; onOpen: () => void }) {
  const isInTrouble = uploads.some(
    (each) =>
      each.problem !== null ||
      each.state === "failed" ||
      (each.kind === "files" && each.state === "done" && countsOf(each).failed > 0),
  );
  const isPaused = !isInTrouble && uploads.every((each) => each.state === "paused");
  const words = isInTrouble ? "needs a look" : isPaused ? "paused" : formatPercent(shareOf(uploads));
  return (
    <section aria-label="Uploads" className="fixed right-3 bottom-3 z-30">
      <button
        type="button"
        onClick={onOpen}
        className="flex h-8 items-center gap-1.5 rounded-full border border-line bg-surface px-3 text-sm shadow-float hover:bg-hover pointer-coarse:h-10"
      >
        <UploadIcon aria-hidden="true" className="size-3.5 text-muted" />
        <span>Upload</span>
        <span className={cx("tabular-nums", isInTrouble ? "text-danger" : "text-muted")}>{words}</span>
      </button>
    </section>
  );
}

function shareOf(uploads: readonly Upload[]): number {
  let sent = 0;
  let total = 0;
  for (const upload of uploads) {
    if (upload.kind === "files") {
      const counts = countsOf(upload);
      sent += counts.sentBytes;
      total += counts.totalBytes;
    } else {
      sent += upload.sentBytes;
      total += upload.file.size;
    }
  }
  return total === 0 ? 1 : sent / total;
}

/** Have the lists on the page asked again while images arrive, and once more at the end. */
function useFreshLists(uploads: readonly Upload[]): void {
  const queries = useQueryClient();
  const last = useRef({ arrived: 0, at: 0 });
  const arrived = uploads.reduce((sum, upload) => {
    if (upload.kind === "files") return sum + countsOf(upload).sent;
    return sum + (upload.import?.result?.images_added ?? 0) + (upload.state === "done" ? 1 : 0);
  }, 0);
  const isAtWork = uploads.some(isActive);
  useEffect(() => {
    if (arrived === last.current.arrived) return;
    const wait = isAtWork ? Math.max(0, last.current.at + REFRESH_MS - Date.now()) : 0;
    const timer = setTimeout(() => {
      last.current = { arrived, at: Date.now() };
      void queries.invalidateQueries({ queryKey: ["images"] });
      void queries.invalidateQueries({ queryKey: ["datasets"] });
    }, wait);
    return () => clearTimeout(timer);
  }, [arrived, isAtWork, queries]);
}
