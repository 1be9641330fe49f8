/** A place to drop a folder, files or an archive, or to pick them; usable by keyboard. */

import { FolderUp, ImageUp, PackageOpen } from "lucide-react";
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { cx } from "@/lib/class-names";
import { Button } from "@/ui/button";
import { notifyProblem } from "@/ui/toast";
import { ARCHIVE_TYPES, droppedFrom, IMAGE_TYPES, type Picked, pickedFrom } from "../picked";

interface DropZoneProps {
  onPicked: (picked: Picked) => void;
  /** Shown inside, in place of the first sentence. */
  children?: ReactNode;
  className?: string;
}

export function DropZone({ onPicked, children, className }: DropZoneProps) {
  const [isOver, setIsOver] = useState(false);
  const [isReading, setIsReading] = useState(false);

  async function drop(event: DragEvent) {
    event.preventDefault();
    setIsOver(false);
    setIsReading(true);
    try {
      onPicked(await droppedFrom(event.dataTransfer));
    } catch (problem) {
      notifyProblem("The folder could not be read", problem);
    } finally {
      setIsReading(false);
    }
  }

  return (
    // Dropping is a way for the mouse; the buttons inside do the same by keyboard.
    <section
      aria-label="Images to upload"
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => void drop(event)}
      className={cx(
        "flex flex-col items-center justify-center gap-3 rounded-lg border-2 border-dashed px-6 py-8 text-center transition-colors",
        isOver ? "border-accent bg-accent-soft" : "border-line-strong/50 bg-surface",
        className,
      )}
    >
      <div className="text-muted text-sm" aria-live="polite">
        {isReading
          ? "Looking through the folder …"
          : (children ?? "Drop a folder, images or an archive here")}
      </div>
      <PickButtons onPicked={onPicked} />
    </section>
  );
}

export function PickButtons({ onPicked }: { onPicked: (picked: Picked) => void }) {
  return (
    <div className="flex flex-wrap justify-center gap-2">
      <PickButton label="Choose a folder" isFolder onPicked={onPicked}>
        <FolderUp className="size-4" /> Choose a folder
      </PickButton>
      <PickButton label="Choose images" accept={IMAGE_TYPES} onPicked={onPicked}>
        <ImageUp className="size-4" /> Images
      </PickButton>
      <PickButton label="Choose an archive" accept={ARCHIVE_TYPES} onPicked={onPicked}>
        <PackageOpen className="size-4" /> Archive
      </PickButton>
    </div>
  );
}

interface PickButtonProps {
  label: string;
  isFolder?: boolean;
  accept?: string;
  onPicked: (picked: Picked) => void;
  children: ReactNode;
}

function PickButton({ label, isFolder, accept, onPicked, children }: PickButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={label}
        accept={accept}
        {...(isFolder ? { webkitdirectory: "" } : {})}
        onChange={(event) => {
          onPicked(pickedFrom(event.target.files));
          // So that the same folder can be chosen again.
          event.target.value = "";
        }}
      />
      <Button onClick={() => input.current?.click()}>{children}</Button>
    </>
  );
}
