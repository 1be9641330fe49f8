import { ImageOff } from "lucide-react";
import { useEffect, useRef } from "react";
import { cx } from "@/lib/class-names";
import { type DatasetImage, thumbnailAddress } from "../api";
import { statusOf } from "../status";

interface NeighborStripProps {
  previous: readonly DatasetImage[];
  current: Pick<DatasetImage, "id" | "filename" | "status" | "thumbnail_url">;
  next: readonly DatasetImage[];
  onOpen: (imageId: string) => void;
}

const DOTS = {
  neutral: "bg-line-strong",
  info: "bg-info",
  warn: "bg-warn",
  ok: "bg-ok",
  accent: "bg-accent",
  danger: "bg-danger",
};

/** What comes before and behind the image, at the lower edge. */
export function NeighborStrip({ previous, current, next, onOpen }: NeighborStripProps) {
  const middle = useRef<HTMLLIElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another image is in the middle then
  useEffect(() => {
    // Newer browsers answer a promise, which is no way to clean up.
    void middle.current?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [current.id, next.length]);
  const all = [...previous.toReversed(), current, ...next];
  return (
    <nav aria-label="Neighbouring images" className="h-20 shrink-0 border-line border-t bg-surface">
      <ol className="flex h-full items-center gap-1.5 overflow-x-auto px-2">
        {all.map((each) => {
          const isCurrent = each.id === current.id;
          const status = statusOf(each.status);
          const source = thumbnailAddress(each);
          return (
            <li
              key={each.id}
              ref={isCurrent ? middle : undefined}
              className="shrink-0 first:ml-auto last:mr-auto"
            >
              <button
                type="button"
                aria-current={isCurrent ? "true" : undefined}
                aria-label={`${each.filename}, ${status.label}`}
                title={each.filename}
                onClick={() => !isCurrent && onOpen(each.id)}
                className={cx(
                  "relative block h-15 w-20 overflow-hidden rounded-md bg-sunken",
                  isCurrent ? "ring-2 ring-accent" : "opacity-75 hover:opacity-100",
                )}
              >
                {source ? (
                  <img
                    src={source}
                    alt=""
                    loading="lazy"
                    decoding="async"
                    className="size-full object-cover"
                  />
                ) : (
                  <ImageOff aria-hidden="true" className="mx-auto size-5 text-muted" />
                )}
                <span
                  aria-hidden="true"
                  className={cx(
                    "absolute right-1 bottom-1 size-2.5 rounded-full ring-2 ring-surface",
                    DOTS[status.tone],
                  )}
                />
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
