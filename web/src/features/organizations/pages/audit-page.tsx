/** What was done, by whom and to what, newest first. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ScrollText } from "lucide-react";
import { RoleNote } from "@/features/session/role-note";
import { useMay } from "@/features/session/use-session";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { auditQuery } from "../api";
import { AuditFilters } from "../components/audit-filters";
import { AuditTable } from "../components/audit-table";
import type { AuditSearch } from "../search";

export function AuditPage() {
  const mayRead = useMay("admin");
  if (!mayRead) {
    return (
      <EmptyState
        icon={<ScrollText />}
        title="The audit log is for admins"
        action={<RoleNote needs="admin" what="Reading it" />}
      >
        It says who did what of weight in this organization: people and keys that came and went, datasets and
        models that were deleted, sign-ins.
      </EmptyState>
    );
  }
  return <Log />;
}

function Log() {
  const search = useSearch({ from: "/signed-in/shell/organization/audit" });
  const navigate = useNavigate();
  const log = useInfiniteQuery(
    auditQuery({
      action: search.action,
      actor_id: search.actor,
      subject_id: search.subject,
      since: search.from && startOfDay(search.from, 0),
      until: search.to && startOfDay(search.to, 1),
    }),
  );
  const entries = log.data?.pages.flatMap((page) => page.entries);
  const narrow = (change: AuditSearch) =>
    void navigate({ to: ".", search: { ...search, ...change }, replace: true });
  const isFiltered = Object.values(search).some((each) => each !== undefined);
  return (
    <>
      <AuditFilters search={search} onChange={narrow} />
      {log.isPending && <Skeleton className="h-96 w-full" />}
      {log.isError && <ProblemNote problem={log.error} onRetry={() => log.refetch()} />}
      {entries && entries.length > 0 && (
        <AuditTable
          entries={entries}
          onActor={(id, name) => narrow({ actor: id, actorName: name })}
          onSubject={(id, name) => narrow({ subject: id, subjectName: name })}
        />
      )}
      {entries?.length === 0 && (
        <EmptyState
          icon={<ScrollText />}
          title={isFiltered ? "No entry matches the filter" : "Nothing was written down yet"}
          action={
            isFiltered && (
              <Button onClick={() => void navigate({ to: ".", search: {} })}>Show all entries</Button>
            )
          }
        >
          Sign-ins, changes of people and keys, and what is deleted are written here. Saves of annotations are
          not: each annotation knows its own history.
        </EmptyState>
      )}
      {log.hasNextPage && (
        <div className="pt-3 text-center">
          <Button isBusy={log.isFetchingNextPage} onClick={() => log.fetchNextPage()}>
            Show older entries
          </Button>
        </div>
      )}
    </>
  );
}

/** The first moment of a day where the person is, `later` days after it. */
function startOfDay(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}
