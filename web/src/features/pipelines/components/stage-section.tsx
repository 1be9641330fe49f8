/** A stage on the run's page: its mark on the line that joins them all, its name, how long it took, what it did. */

import { Check, Circle, CircleDashed, LoaderCircle, Minus, X } from "lucide-react";
import type { ComponentType, ReactNode } from "react";
import { cx } from "@/lib/class-names";
import type { StageState } from "../api";
import { STATE_LABELS } from "../words";

const MARKS: Record<StageState, { icon: ComponentType<{ className?: string }>; classes: string }> = {
  waiting: { icon: Circle, classes: "bg-surface text-faint border-line-strong" },
  running: { icon: LoaderCircle, classes: "bg-accent-soft text-accent border-accent [&_svg]:animate-spin" },
  done: { icon: Check, classes: "bg-ok-soft text-ok border-ok" },
  failed: { icon: X, classes: "bg-danger-soft text-danger border-danger" },
  skipped: { icon: Minus, classes: "bg-sunken text-muted border-line" },
  cancelled: { icon: CircleDashed, classes: "bg-sunken text-muted border-line-strong" },
};

interface StageSectionProps {
  title: string;
  state: StageState;
  /** "12 s", beside the title. */
  duration?: string | null;
  isLast?: boolean;
  children?: ReactNode;
}

export function StageSection({ title, state, duration, isLast, children }: StageSectionProps) {
  const { icon: Icon, classes } = MARKS[state];
  return (
    <li className="relative flex gap-4 pb-5">
      {!isLast && <span aria-hidden="true" className="absolute top-8 bottom-0 left-3.5 w-px bg-line" />}
      <span
        aria-hidden="true"
        className={cx(
          "z-10 mt-2 flex size-7 shrink-0 items-center justify-center rounded-full border",
          classes,
        )}
      >
        <Icon className="size-4" />
      </span>
      <section
        aria-label={`${title}: ${STATE_LABELS[state]}`}
        className={cx(
          "min-w-0 grow rounded-lg border border-line bg-surface",
          (state === "waiting" || state === "skipped") && !children && "bg-transparent",
        )}
      >
        <div className="flex min-h-11 items-center justify-between gap-3 px-4">
          <h2 className={cx("font-semibold text-base", state === "skipped" && "text-muted")}>{title}</h2>
          <span className="text-muted text-xs">{duration ?? STATE_LABELS[state]}</span>
        </div>
        {children && <div className="flex flex-col gap-4 px-4 pb-4">{children}</div>}
      </section>
    </li>
  );
}

/** Figures side by side. */
export function Figures({ children }: { children: ReactNode }) {
  return <div className="grid grid-cols-2 gap-4 md:grid-cols-4">{children}</div>;
}
