import { CircleCheck, TriangleAlert } from "lucide-react";
import { formatCount } from "@/lib/format";

/** What the format could not hold, counted; nothing is dropped without a word. */
export function LossReport({ lost, format }: { lost: Record<string, number>; format: string }) {
  const losses = Object.entries(lost);
  if (losses.length === 0) {
    return (
      <p className="flex items-center gap-2 text-sm">
        <CircleCheck aria-hidden="true" className="size-4 shrink-0 text-ok" />
        The format {format} could hold everything that there was to say.
      </p>
    );
  }
  return (
    <section
      aria-label="What the format could not hold"
      className="rounded-md bg-warn-soft px-3 py-2.5 text-sm"
    >
      <h3 className="flex items-center gap-2 font-medium">
        <TriangleAlert aria-hidden="true" className="size-4 shrink-0 text-warn" />
        What the format {format} could not hold
      </h3>
      <ul className="mt-1 flex flex-col gap-0.5 pl-6">
        {losses.map(([what, count]) => (
          <li key={what}>
            <span className="font-medium tabular-nums">{formatCount(count)}</span> {what}
          </li>
        ))}
      </ul>
    </section>
  );
}
