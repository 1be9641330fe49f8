/** Names with their values, one a line. */

import type { ReactNode } from "react";
import { cx } from "@/lib/class-names";

export interface Fact {
  name: string;
  value: ReactNode;
}

interface FactsProps {
  /** Facts without a value are left out. */
  facts: readonly (Fact | null | false | undefined)[];
  className?: string;
}

export function Facts({ facts, className }: FactsProps) {
  return (
    <dl
      className={cx("grid grid-cols-[minmax(7rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm", className)}
    >
      {facts.map(
        (fact) =>
          fact &&
          fact.value !== null &&
          fact.value !== undefined &&
          fact.value !== "" && (
            <div key={fact.name} className="contents">
              <dt className="text-muted">{fact.name}</dt>
              <dd className="min-w-0 break-words">{fact.value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
