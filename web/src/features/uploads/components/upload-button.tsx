/** "Upload" for a dataset: a menu of what can be picked, and the whole page to drop things on. */

import { FolderUp, ImageUp, PackageOpen, Upload } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { notify, notifyProblem } from "@/ui/toast";
import { ARCHIVE_TYPES, droppedFrom, IMAGE_TYPES, type Picked, pickedFrom } from "../picked";
import { startUpload, type UploadTarget } from "../store";

export function UploadButton({
  target,
  variant,
}: {
  target: UploadTarget;
  variant?: "primary" | "secondary";
}) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const archive = useRef<HTMLInputElement>(null);
  const begin = (picked: Picked) => beginUpload(target, picked);
  const isOver = useDropOnPage(begin);
  const input = (ref: typeof files, label: string, accept?: string, isFolder?: boolean) => (
    <input
      ref={ref}
      type="file"
      multiple
      hidden
      aria-label={label}
      accept={accept}
      {...(isFolder ? { webkitdirectory: "" } : {})}
      onChange={(event) => {
        begin(pickedFrom(event.target.files));
        event.target.value = "";
      }}
    />
  );
  return (
    <>
      {input(folder, "Choose a folder", undefined, true)}
      {input(files, "Choose images", IMAGE_TYPES)}
      {input(archive, "Choose an archive", ARCHIVE_TYPES)}
      <Menu
        align="end"
        trigger={
          <Button variant={variant}>
            <Upload className="size-4" /> Upload
          </Button>
        }
      >
        <MenuItem icon={<FolderUp />} onSelect={() => folder.current?.click()}>
          A folder with its sub-folders
        </MenuItem>
        <MenuItem icon={<ImageUp />} onSelect={() => files.current?.click()}>
          Images
        </MenuItem>
        <MenuItem icon={<PackageOpen />} onSelect={() => archive.current?.click()}>
          An archive, with or without labels
        </MenuItem>
      </Menu>
      {isOver && (
        <div
          aria-hidden="true"
          className="pointer-events-none fixed inset-4 z-40 flex items-center justify-center rounded-xl border-2 border-accent border-dashed bg-accent-soft/90 font-medium text-accent text-lg"
        >
          Drop to upload into {target.datasetName}
        </div>
      )}
    </>
  );
}

export function beginUpload(target: UploadTarget, picked: Picked): boolean {
  if (picked.images.length === 0 && picked.archives.length === 0) {
    notify({
      title: "There is nothing to upload",
      detail: "Neither images nor an archive were found in it.",
      tone: "danger",
    });
    return false;
  }
  startUpload(target, picked);
  return true;
}

/** Whether something is held over the page; `onPicked` gets what is dropped. */
function useDropOnPage(onPicked: (picked: Picked) => void): boolean {
  const [isOver, setIsOver] = useState(false);
  const latest = useRef(onPicked);
  latest.current = onPicked;
  useEffect(() => {
    let depth = 0;
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      depth += 1;
      setIsOver(true);
    };
    const leave = () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setIsOver(false);
    };
    const over = (event: DragEvent) => holdsFiles(event) && event.preventDefault();
    const drop = (event: DragEvent) => {
      if (!holdsFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      depth = 0;
      setIsOver(false);
      droppedFrom(event.dataTransfer).then(
        (picked) => latest.current(picked),
        (problem) => notifyProblem("What was dropped could not be read", problem),
      );
    };
    window.addEventListener("dragenter", enter);
    window.addEventListener("dragleave", leave);
    window.addEventListener("dragover", over);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragenter", enter);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("dragover", over);
      window.removeEventListener("drop", drop);
    };
  }, []);
  return isOver;
}
