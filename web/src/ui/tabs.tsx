/** Tabs that are pages: each has its address. */

import type { ReactNode } from "react";
import { cx } from "@/lib/class-names";

/** The classes of a tab; give them to a link, with `aria-current` on the one that is open. */
export function tabClass(isOpen: boolean): string {
  return cx(
    "-mb-px inline-flex h-9 shrink-0 items-center gap-1.5 border-b-2 px-1 text-sm",
    isOpen ? "border-accent font-medium text-text" : "border-transparent text-muted hover:text-text",
  );
}

export function TabList({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav aria-label={label} className="flex gap-5 overflow-x-auto border-line border-b">
      {children}
    </nav>
  );
}
