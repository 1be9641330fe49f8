import type { ReactNode } from "react";

interface KeyListProps {
  title: string;
  /** Read aloud instead of the title, where that says too little. */
  label?: string;
  children: ReactNode;
}

/** Keys of one kind, a line each. */
export function KeyList({ title, label, children }: KeyListProps) {
  return (
    <section aria-label={label ?? title} className="mb-5 break-inside-avoid">
      <h3 className="mb-1 font-medium text-muted text-xs">{title}</h3>
      <ul>{children}</ul>
    </section>
  );
}

interface KeyRowProps {
  words: string;
  /** The key, or what changes it. */
  children: ReactNode;
}

export function KeyRow({ words, children }: KeyRowProps) {
  return (
    <li className="flex min-h-8 break-inside-avoid items-center justify-between gap-3 py-0.5 text-sm">
      <span className="min-w-0">{words}</span>
      <span className="flex shrink-0 items-center gap-1">{children}</span>
    </li>
  );
}
