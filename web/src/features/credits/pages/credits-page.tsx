/** The organization's budget: what is left, where it went, what work costs. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { formatCount, formatDate } from "@/lib/format";
import { Button } from "@/ui/button";
import { Card, CardTitle, Page, Stat } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Segmented } from "@/ui/segmented";
import { Skeleton } from "@/ui/skeleton";
import { balanceQuery, historyQuery, usageQuery } from "../api";
import { HoldsCard } from "../components/holds-card";
import { LedgerTable } from "../components/ledger-table";
import { PriceCard } from "../components/price-card";
import { UsePerDay } from "../components/use-per-day";
import { creditSearch, PERIODS } from "../search";

export function CreditsPage() {
  const { days = 30 } = useSearch({ from: "/signed-in/shell/credits" });
  const navigate = useNavigate();
  const balance = useQuery(balanceQuery);
  const usage = useQuery(usageQuery(days));
  const history = useInfiniteQuery(historyQuery);
  const entries = history.data?.pages.flat();
  const problem = balance.error ?? usage.error;
  return (
    <Page
      title="Credits"
      description="A budget to steer by: how much may be labelled and trained, and where it went."
    >
      {problem && (
        <div className="mb-4">
          <ProblemNote
            problem={problem}
            onRetry={() => {
              void balance.refetch();
              void usage.refetch();
            }}
          />
        </div>
      )}
      <div className="mb-4 grid grid-cols-2 gap-4 rounded-lg border border-line bg-surface p-4 sm:grid-cols-4">
        <Stat
          label="Available"
          value={usage.data ? formatCount(usage.data.available) : "…"}
          hint={usage.data?.is_free_of_charge ? "Work is free here" : "for new work"}
        />
        <Stat
          label="Set aside"
          value={usage.data ? formatCount(usage.data.held) : "…"}
          hint="for running work"
        />
        <Stat
          label="Spent"
          value={usage.data ? formatCount(usage.data.spent) : "…"}
          hint="since the beginning"
        />
        <Stat
          label="Monthly allowance"
          value={balance.data ? formatCount(balance.data.credits_monthly_allowance ?? 0) : "…"}
          hint={
            balance.data?.credits_reset_at ? `topped up on ${formatDate(balance.data.credits_reset_at)}` : "…"
          }
        />
      </div>
      <div className="grid items-start gap-4 lg:grid-cols-[3fr_2fr]">
        <div className="grid min-w-0 gap-4">
          <Card>
            <CardTitle
              actions={
                <Segmented
                  label="Days shown"
                  value={String(days)}
                  onChange={(value) =>
                    void navigate({ to: "/credits", search: creditSearch({ days: value }), replace: true })
                  }
                  options={PERIODS.map((each) => ({ value: String(each), label: `${each} days` }))}
                />
              }
            >
              Spent each day
            </CardTitle>
            {usage.isPending && <Skeleton className="h-56 w-full" />}
            {usage.isError && !usage.data && <p className="text-muted text-sm">Not known now.</p>}
            {usage.data && usage.data.days.length > 0 && <UsePerDay usage={usage.data.days} days={days} />}
            {usage.data?.days.length === 0 && (
              <p className="flex h-56 items-center justify-center text-center text-muted text-sm">
                Nothing was spent in the last {days} days.
              </p>
            )}
          </Card>
          <HoldsCard holds={usage.data ? (usage.data.holds ?? []) : null} />
        </div>
        <PriceCard />
      </div>
      <h2 className="mt-6 mb-2 font-semibold text-base">Ledger</h2>
      {history.isPending && <Skeleton className="h-64 w-full" />}
      {history.isError && <ProblemNote problem={history.error} onRetry={() => history.refetch()} />}
      {entries && <LedgerTable entries={entries} />}
      {history.hasNextPage && (
        <div className="pt-3 text-center">
          <Button isBusy={history.isFetchingNextPage} onClick={() => history.fetchNextPage()}>
            Show older lines
          </Button>
        </div>
      )}
    </Page>
  );
}
