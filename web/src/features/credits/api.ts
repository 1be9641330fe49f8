/** Credits: what is left, where they went, what work costs. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type {
  CreditBalance,
  CreditLedgerEntry,
  CreditUsage,
  DailyUsage,
  OpenHold,
  Tariff,
} from "@/api/schema";

export type { CreditBalance, CreditLedgerEntry, CreditUsage, DailyUsage, OpenHold, Tariff };

const CREDITS = "/api/v1/developer/credits";
const A_PAGE = 50;

export const creditKeys = {
  all: ["credits"] as const,
  balance: ["credits", "balance"] as const,
  usage: (days: number) => ["credits", "usage", days] as const,
  history: ["credits", "history"] as const,
  prices: ["credits", "prices"] as const,
};

export const balanceQuery = queryOptions({
  queryKey: creditKeys.balance,
  queryFn: ({ signal }): Promise<CreditBalance> => unwrap(api.GET(`${CREDITS}/balance`, { signal })),
});

/** What was spent in the last days; looked at again while running work holds credits. */
export function usageQuery(days: number) {
  return queryOptions({
    queryKey: creditKeys.usage(days),
    queryFn: ({ signal }): Promise<CreditUsage> =>
      unwrap(api.GET(`${CREDITS}/usage`, { params: { query: { days } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.held ? 5000 : false),
  });
}

/** Lines of the ledger, newest first, page by page. */
export const historyQuery = infiniteQueryOptions({
  queryKey: creditKeys.history,
  initialPageParam: 0,
  queryFn: async ({ pageParam, signal }): Promise<CreditLedgerEntry[]> => {
    const query = { limit: A_PAGE, offset: pageParam };
    return (await unwrap(api.GET(`${CREDITS}/history`, { params: { query }, signal }))).entries;
  },
  getNextPageParam: (page, pages) => (page.length === A_PAGE ? pages.length * A_PAGE : undefined),
});

export const pricesQuery = queryOptions({
  queryKey: creditKeys.prices,
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }): Promise<Tariff[]> =>
    (await unwrap(api.GET(`${CREDITS}/prices`, { signal }))).prices,
});
