/** What a run would cost at most, while it is being put together. */

import type { UseQueryResult } from "@tanstack/react-query";
import type { PipelineQuote } from "@/api/schema";
import { formatCount, formatDuration, plural } from "@/lib/format";
import { Facts } from "@/ui/facts";
import { Card, CardTitle } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";

interface QuoteCardProps {
  quote: UseQueryResult<PipelineQuote | null>;
  /** Why nothing can be said yet. */
  missing: string | null;
  hasArchive: boolean;
}

export function QuoteCard({ quote, missing, hasArchive }: QuoteCardProps) {
  return (
    <Card>
      <CardTitle>What it will cost</CardTitle>
      <div aria-live="polite" className="min-h-36">
        {missing !== null ? (
          <p className="text-muted text-sm">{missing}</p>
        ) : quote.isError ? (
          <ProblemNote problem={quote.error} />
        ) : quote.data ? (
          <Quoted quote={quote.data} hasArchive={hasArchive} />
        ) : (
          <Skeleton className="h-28 w-full" />
        )}
      </div>
    </Card>
  );
}

function Quoted({ quote, hasArchive }: { quote: PipelineQuote; hasArchive: boolean }) {
  return (
    <>
      <p className="mb-3 text-muted text-sm">
        At most{" "}
        <strong className="font-semibold text-lg text-text tabular-nums">
          {plural(quote.credits, "credit")}
        </strong>
        {" for "}
        {plural(quote.images, "image")}
        {hasArchive ? ", and those in the archive" : ""}
      </p>
      <Facts
        facts={[
          { name: "Labelling", value: plural(quote.annotate_credits, "credit") },
          quote.seconds != null && { name: "Takes about", value: formatDuration(quote.seconds) },
          quote.engine != null && { name: "Labelled by", value: quote.engine },
          { name: "Training", value: plural(quote.train_credits, "credit") },
          quote.train_minutes > 0 && {
            name: "Takes up to",
            value: `${formatDuration(quote.train_minutes * 60)}${quote.epochs ? `, ${quote.epochs} epochs` : ""}`,
          },
          { name: "You have", value: plural(quote.credits_remaining, "credit") },
        ]}
      />
      {!quote.sufficient && (
        <p className="mt-3 rounded-md bg-warn-soft px-3 py-2 text-sm">
          That is more than there is ({formatCount(quote.credits_remaining)}). What a run holds and does not
          use comes back; without enough it waits before the stage that it cannot pay.
        </p>
      )}
    </>
  );
}
