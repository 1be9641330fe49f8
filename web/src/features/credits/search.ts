/** What the address of the credits page holds. */

export const PERIODS = [7, 30, 90] as const;

export interface CreditSearch {
  /** Days that the chart shows. */
  days?: (typeof PERIODS)[number];
}

export function creditSearch(search: Record<string, unknown>): CreditSearch {
  return { days: PERIODS.find((each) => each === Number(search.days)) };
}
