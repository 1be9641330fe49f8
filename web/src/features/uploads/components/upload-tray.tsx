/** What is being uploaded, at the lower edge of every page. Mounted once, in the shell. */

import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown, ChevronUp } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { formatPercent, plural } from "@/lib/format";
import { IconButton } from "@/ui/icon-button";
import { useUploads } from "../store";
import { countsOf, isActive, type Upload } from "../upload";
import { UploadRow } from "./upload-row";

const REFRESH_MS = 3000;

export function UploadTray() {
  const uploads = useUploads();
  const [isOpen, setIsOpen] = useState(false);
  useFreshLists(uploads);
  if (uploads.length === 0) return null;
  const active = uploads.filter(isActive).length;
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
        <IconButton
          label={isOpen ? "Hide the files" : "Show the files"}
          aria-expanded={isOpen}
          onClick={() => setIsOpen(!isOpen)}
        >
          {isOpen ? <ChevronDown /> : <ChevronUp />}
        </IconButton>
      </div>
      <ul className="max-h-[60vh] divide-y divide-line overflow-y-auto">
        {uploads.map((upload) => (
          <UploadRow key={upload.id} upload={upload} isOpen={isOpen} />
        ))}
      </ul>
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
