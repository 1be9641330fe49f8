import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formatCount } from "@/lib/format";
import { SelectField, TextField } from "@/ui/field";
import { Card, CardTitle } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { pricesQuery } from "../api";
import { costOf, tariffWords } from "../words";

/** What work costs, and what some would. */
export function PriceCard() {
  const prices = useQuery(pricesQuery);
  const [chosen, setChosen] = useState(1);
  const [units, setUnits] = useState("1000");
  const tariff = prices.data?.[chosen];
  return (
    <Card>
      <CardTitle>What work costs</CardTitle>
      {prices.isPending && <Skeleton className="h-[18.75rem] w-full lg:h-[21.125rem]" />}
      {prices.isError && <ProblemNote problem={prices.error} onRetry={() => prices.refetch()} />}
      {prices.data && (
        <dl className="divide-y divide-line text-sm">
          {prices.data.map((each) => (
            <div key={each.title} className="flex flex-wrap justify-between gap-x-4 py-1.5">
              <dt>{each.title}</dt>
              <dd className="ml-auto text-right text-muted tabular-nums">{tariffWords(each)}</dd>
            </div>
          ))}
        </dl>
      )}
      {prices.data && tariff && (
        <div className="mt-3 grid items-start gap-3 border-line border-t pt-3 sm:grid-cols-[1fr_8rem]">
          <SelectField
            label="What would it cost?"
            value={String(chosen)}
            onChange={(index) => setChosen(Number(index))}
            options={prices.data.map((each, index) => ({ value: String(index), label: each.title }))}
          />
          <TextField
            label={`Number of ${tariff.unit}s`}
            type="number"
            min={1}
            value={units}
            onChange={(event) => setUnits(event.target.value)}
          />
          <p className="text-sm sm:col-span-2" aria-live="polite">
            <span className="font-semibold tabular-nums">
              {formatCount(costOf(tariff, Math.max(0, Math.floor(Number(units) || 0))))}
            </span>{" "}
            credits. So much is set aside when it starts; what is not used comes back.
          </p>
        </div>
      )}
      <p className="mt-3 text-muted text-xs">
        Credits are a budget to steer by, not money. Uploading, exporting, measuring a model and correcting by
        hand cost nothing. Whoever runs the server sets the prices (
        <code className="font-mono">PICTOGRAPH_PRICES_…</code>) and the allowance of new organizations (
        <code className="font-mono">PICTOGRAPH_CREDITS_MONTHLY_ALLOWANCE</code>), or makes all work free (
        <code className="font-mono">PICTOGRAPH_CREDITS_FREE_OF_CHARGE</code>).
      </p>
    </Card>
  );
}
