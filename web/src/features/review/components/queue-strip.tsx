/** The next images of the queue, small: how many there are, and what comes. */

import { Lock } from "lucide-react";
import { formatPercent } from "@/lib/format";
import { type ReviewItem, thumbnailAddress } from "../api";

interface QueueStripProps {
  items: readonly ReviewItem[];
  order: "least_confident" | "disagreement" | "oldest";
  me: string;
}

export function QueueStrip({ items, order, me }: QueueStripProps) {
  return (
    <section aria-label="Next in the queue" className="shrink-0 border-line border-t bg-surface">
      <ol className="flex h-24 items-start gap-2 overflow-x-auto px-3 pt-2">
        {items.map((item, index) => (
          <li
            key={item.image.id}
            aria-current={index === 0 ? "true" : undefined}
            className="flex w-24 shrink-0 flex-col gap-0.5"
          >
            <div
              className={`relative h-14 overflow-hidden rounded border-2 bg-sunken ${index === 0 ? "border-accent" : "border-transparent"}`}
            >
              <Thumbnail item={item} />
              {item.held_by && item.held_by !== me && (
                <span
                  className="absolute top-1 right-1 rounded bg-surface p-0.5"
                  title={`${item.held_by_name} has it`}
                >
                  <Lock aria-label={`${item.held_by_name} has it`} className="size-3" />
                </span>
              )}
            </div>
            <span className="flex justify-between gap-1 text-xs">
              <span className="truncate text-muted" title={item.image.filename}>
                {item.image.filename}
              </span>
              <span className="shrink-0 whitespace-nowrap tabular-nums">{figureOf(item, order)}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Thumbnail({ item }: { item: ReviewItem }) {
  const address = thumbnailAddress(item);
  return address === null ? null : (
    <img src={address} alt="" loading="lazy" decoding="async" className="size-full object-cover" />
  );
}

/** What the queue is sorted by. */
function figureOf(item: ReviewItem, order: QueueStripProps["order"]): string {
  const share = order === "disagreement" ? item.disagreement : item.image.least_confidence;
  return typeof share === "number" ? formatPercent(share) : "–";
}
