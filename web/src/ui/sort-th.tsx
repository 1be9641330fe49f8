/** The head of a column that sorts its table. */

import { ArrowDown, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "@/lib/class-names";
import { Th } from "./table";

interface SortThProps {
  children: ReactNode;
  isNumber?: boolean;
  /** Whether the table is sorted by this column, and which way. */
  order: "ascending" | "descending" | null;
  onSort: () => void;
  title?: string;
}

export function SortTh({ children, isNumber, order, onSort, title }: SortThProps) {
  const Arrow = order === "ascending" ? ArrowUp : ArrowDown;
  return (
    <Th isNumber={isNumber} aria-sort={order ?? undefined} title={title}>
      <button
        type="button"
        onClick={onSort}
        className={cx(
          "inline-flex min-h-6 items-center gap-1 hover:text-text",
          isNumber && "flex-row-reverse",
          order && "text-text",
        )}
      >
        {children}
        <Arrow aria-hidden="true" className={cx("size-3", order === null && "invisible")} />
      </button>
    </Th>
  );
}
