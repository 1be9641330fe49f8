import type { ReactNode } from "react";

interface EmptyStateProps {
  icon: ReactNode;
  title: string;
  /** What this place is for, and what to do next. */
  children: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center justify-center gap-3 px-6 py-16 text-center">
      <div className="flex size-12 items-center justify-center rounded-full bg-accent-soft text-accent [&_svg]:size-6">
        {icon}
      </div>
      <h2 className="font-semibold text-lg">{title}</h2>
      <div className="max-w-md text-balance text-muted text-sm">{children}</div>
      {action && <div className="mt-1 flex gap-2">{action}</div>}
    </div>
  );
}
