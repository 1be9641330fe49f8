/** What stands in a page's place while it loads, when it fails, and when there is none. */

import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { buttonClass } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";

export function PagePending() {
  return (
    <div className="mx-auto w-full max-w-7xl px-6 pt-6" role="status" aria-label="Loading">
      <Skeleton className="h-7 w-56" />
      <Skeleton className="mt-6 h-64 w-full" />
    </div>
  );
}

export function PageProblem({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <div className="mx-auto w-full max-w-2xl px-6 pt-16">
      <h1 className="mb-3 font-semibold text-xl">This page cannot be shown</h1>
      <ProblemNote
        problem={error}
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </div>
  );
}

export function NoSuchPage() {
  return (
    <EmptyState
      icon={<Compass />}
      title="There is no page at this address"
      action={
        <Link to="/" className={buttonClass("primary")}>
          To the start
        </Link>
      }
    >
      It may have been renamed or deleted, or the address has a typing mistake.
    </EmptyState>
  );
}
