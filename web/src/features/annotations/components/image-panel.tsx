import { X } from "lucide-react";
import { type ReactNode, type RefObject, useId, useState } from "react";
import { cx } from "@/lib/class-names";
import { formatBytes, formatDateTime } from "@/lib/format";
import { CONTROL } from "@/ui/field";
import type { ImageAnswer } from "../api";

interface ImagePanelProps {
  image: ImageAnswer;
  tags: readonly string[];
  /** Names to offer: the dataset's classes. */
  known: readonly string[];
  isReadOnly: boolean;
  input: RefObject<HTMLInputElement | null>;
  onTags: (tags: string[]) => void;
}

/** The image's tags, and what the server knows of it. */
export function ImagePanel({ image, tags, known, isReadOnly, input, onTags }: ImagePanelProps) {
  const [typed, setTyped] = useState("");
  const listId = useId();

  function add() {
    const name = typed.trim();
    if (name !== "" && !tags.includes(name)) onTags([...tags, name]);
    setTyped("");
  }

  return (
    <div className="flex min-h-0 grow flex-col gap-5 overflow-y-auto p-3">
      <section aria-label="Tags">
        <h2 className="mb-1 font-medium text-sm">Tags</h2>
        <p className="mb-2 text-muted text-xs">Classes that the image shows as a whole, without a place.</p>
        <ul className="flex flex-wrap gap-1.5">
          {tags.map((tag) => (
            <li
              key={tag}
              className="inline-flex h-7 max-w-full items-center gap-1 rounded-full bg-sunken pr-1 pl-2.5 text-sm pointer-coarse:h-9"
            >
              <span className="truncate">{tag}</span>
              {!isReadOnly && (
                <button
                  type="button"
                  aria-label={`Remove the tag ${tag}`}
                  onClick={() => onTags(tags.filter((each) => each !== tag))}
                  className="flex size-6 shrink-0 items-center justify-center rounded-full text-muted hover:bg-hover hover:text-text"
                >
                  <X aria-hidden="true" className="size-3.5" />
                </button>
              )}
            </li>
          ))}
        </ul>
        {!isReadOnly && (
          <>
            <input
              ref={input}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter") add();
                if (event.key === "Escape") event.currentTarget.blur();
              }}
              list={listId}
              aria-label="Add a tag"
              placeholder="Add a tag"
              maxLength={120}
              autoComplete="off"
              className={cx(CONTROL, "mt-2 h-8 pointer-coarse:h-10")}
            />
            <datalist id={listId}>
              {known
                .filter((name) => !tags.includes(name))
                .map((name) => (
                  <option key={name} value={name} />
                ))}
            </datalist>
          </>
        )}
      </section>
      <section aria-label="Details">
        <h2 className="mb-2 font-medium text-sm">Image</h2>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-sm">
          <Detail name="Name">{image.filename}</Detail>
          <Detail name="Folder">{image.virtual_folder_path ?? "/"}</Detail>
          <Detail name="Size">
            {image.width && image.height ? `${image.width} × ${image.height} px` : "not known yet"}
            {`, ${formatBytes(image.file_size)}`}
          </Detail>
          <Detail name="Format">{image.mime_type ?? "not known yet"}</Detail>
          <Detail name="Added">{formatDateTime(image.created_at)}</Detail>
          <Detail name="Version">{image.annotation_version}</Detail>
          <Detail name="Id">{image.id}</Detail>
        </dl>
      </section>
    </div>
  );
}

function Detail({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
