import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MonitorSmartphone } from "lucide-react";
import { useState } from "react";
import { formatDate, plural } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Card, CardTitle } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { TimeAgo } from "@/ui/time-ago";
import { notify, notifyProblem } from "@/ui/toast";
import { endOtherSessions, endSession, type SessionEntry, sessionsQuery } from "../api";
import { deviceName } from "../device-name";

/** Where one is signed in, with buttons that end it. */
export function SessionsCard() {
  const queries = useQueryClient();
  const sessions = useQuery(sessionsQuery);
  const [isAsking, setIsAsking] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
  const end = useMutation({
    mutationFn: (session: SessionEntry) => endSession(session.id),
    onError: (problem) => notifyProblem("The session could not be ended", problem),
    onSettled: refresh,
  });
  const others = sessions.data?.filter((each) => !each.is_current).length ?? 0;
  return (
    <Card>
      <CardTitle
        actions={
          others > 0 && (
            <Button size="sm" onClick={() => setIsAsking(true)}>
              Sign out everywhere else
            </Button>
          )
        }
      >
        Where you are signed in
      </CardTitle>
      {sessions.isPending && <Skeleton className="h-14 w-full" />}
      {sessions.isError && <ProblemNote problem={sessions.error} onRetry={() => sessions.refetch()} />}
      <ul className="divide-y divide-line">
        {sessions.data?.map((session) => (
          <li key={session.id} className="flex min-h-14 items-center gap-3 py-2 text-sm">
            <MonitorSmartphone aria-hidden="true" className="size-5 shrink-0 text-muted" />
            <div className="min-w-0 grow">
              <p className="flex items-center gap-2">
                <span className="truncate font-medium" title={session.user_agent}>
                  {deviceName(session.user_agent)}
                </span>
                {session.is_current && <Badge tone="ok">this one</Badge>}
              </p>
              <p className="text-muted text-xs">
                {session.address || "Address not known"} · used <TimeAgo at={session.last_used_at} /> · until{" "}
                {formatDate(session.expires_at)}
              </p>
            </div>
            {!session.is_current && (
              <Button
                size="sm"
                variant="ghost"
                aria-label={`End the session of ${deviceName(session.user_agent)}`}
                isBusy={end.isPending && end.variables.id === session.id}
                onClick={() => end.mutate(session)}
              >
                End
              </Button>
            )}
          </li>
        ))}
      </ul>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title="Sign out everywhere else?"
        action="Sign out everywhere else"
        onConfirm={async () => {
          const ended = await endOtherSessions();
          notify({ title: `${plural(ended, "session")} ended` });
          await refresh();
        }}
      >
        {plural(others, "other session")} {others === 1 ? "ends" : "end"}; here you stay signed in. API keys
        go on working.
      </ConfirmDialog>
    </Card>
  );
}
