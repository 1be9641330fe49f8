/** The frame of a page: its title, what can be done, its content. */

import { type ReactNode, useEffect } from "react";
import { cx } from "@/lib/class-names";

interface PageProps {
  title: string;
  /** Shown in place of the title, which then names the browser's tab only. */
  heading?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  /** Use the whole width and height; the content scrolls itself. */
  isFull?: boolean;
  children: ReactNode;
}

export function Page({ title, heading, description, actions, isFull, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} - Pictograph`;
  }, [title]);
  return (
    <div
      className={cx("flex flex-col", isFull ? "h-full min-h-0" : "mx-auto w-full max-w-7xl px-6 pt-6 pb-12")}
    >
      <header
        className={cx("flex flex-wrap items-start justify-between gap-3", isFull ? "px-6 pt-5 pb-3" : "pb-5")}
      >
        {/* Words give way to the buttons beside them, which stay at the right. */}
        <div className="min-w-0 flex-[1_1_18rem]">
          <h1 className="truncate font-semibold text-xl" title={title}>
            {heading ?? title}
          </h1>
          {description && <div className="mt-0.5 text-muted text-sm">{description}</div>}
        </div>
        {actions && <div className="ml-auto flex flex-wrap items-center justify-end gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Card({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <section className={cx("rounded-lg border border-line bg-surface p-4", className)}>{children}</section>
  );
}

export function CardTitle({ children, actions }: { children: ReactNode; actions?: ReactNode }) {
  return (
    <div className="mb-3 flex min-h-7 items-center justify-between gap-3">
      <h2 className="font-semibold text-base">{children}</h2>
      {actions}
    </div>
  );
}

/** A figure with its name. */
export function Stat({ label, value, hint }: { label: string; value: ReactNode; hint?: ReactNode }) {
  return (
    <div className="min-w-0">
      <div className="text-muted text-xs">{label}</div>
      <div className="truncate font-semibold text-lg tabular-nums">{value}</div>
      {hint && <div className="text-muted text-xs">{hint}</div>}
    </div>
  );
}
