/** What was spent each day, a bar a day in parts by operation; with a table of the same figures. */

import { formatCompact, formatCount, formatDate } from "@/lib/format";
import { LINE_COLORS } from "@/ui/line-chart";
import type { DailyUsage } from "../api";
import { everyDay, operationsOf, operationWords } from "../words";

const HEIGHT = 180;

export function UsePerDay({ usage, days }: { usage: readonly DailyUsage[]; days: number }) {
  const bars = everyDay(usage, days, new Date());
  const operations = operationsOf(usage);
  const top = roundUp(Math.max(...bars.map((bar) => bar.total)));
  const colorOf = (index: number) => LINE_COLORS[index % LINE_COLORS.length];
  return (
    <figure aria-label={`Credits spent in the last ${days} days`}>
      <div aria-hidden="true" className="flex gap-2 text-muted text-xs" style={{ height: HEIGHT + 24 }}>
        <div
          className="flex w-10 shrink-0 flex-col justify-between text-right tabular-nums"
          style={{ height: HEIGHT }}
        >
          <span className="-translate-y-1/2">{formatCompact(top)}</span>
          <span>{formatCompact(top / 2)}</span>
          <span className="translate-y-1/2">0</span>
        </div>
        <div className="relative min-w-0 grow">
          <div
            className="absolute inset-x-0 top-0 flex flex-col justify-between border-line border-y"
            style={{ height: HEIGHT }}
          >
            <div />
            <div className="border-line border-t" />
            <div />
          </div>
          <div
            className={`relative flex items-end ${days > 40 ? "gap-px" : "gap-[3px]"}`}
            style={{ height: HEIGHT }}
          >
            {bars.map((bar) => (
              <div
                key={bar.day}
                title={`${formatDate(bar.day)}: ${formatCount(bar.total)} credits`}
                className="flex h-full min-w-0 flex-1 flex-col-reverse hover:bg-hover/60"
              >
                {operations.map(([operation], index) => {
                  const credits = bar.byOperation.get(operation) ?? 0;
                  return credits === 0 ? null : (
                    <div
                      key={operation}
                      style={{ height: `${(credits / top) * 100}%`, background: colorOf(index) }}
                      className="min-h-px last:rounded-t-sm"
                    />
                  );
                })}
              </div>
            ))}
          </div>
          <div className="flex justify-between pt-1.5">
            <span>{formatDate(bars[0]?.day ?? "")}</span>
            <span>today</span>
          </div>
        </div>
      </div>
      <ul className="mt-3 flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {operations.map(([operation, credits], index) => (
          <li key={operation} className="flex items-center gap-1.5">
            <span aria-hidden="true" className="size-2.5 rounded-sm" style={{ background: colorOf(index) }} />
            {operationWords(operation)}{" "}
            <span className="text-muted tabular-nums">{formatCount(credits)}</span>
          </li>
        ))}
      </ul>
      <table className="sr-only">
        <caption>Credits spent by day</caption>
        <thead>
          <tr>
            <th>Day</th>
            {operations.map(([operation]) => (
              <th key={operation}>{operationWords(operation)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bars
            .filter((bar) => bar.total > 0)
            .map((bar) => (
              <tr key={bar.day}>
                <td>{formatDate(bar.day)}</td>
                {operations.map(([operation]) => (
                  <td key={operation}>{formatCount(bar.byOperation.get(operation) ?? 0)}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </figure>
  );
}

/** The next of 10, 20, 50, 100, 200 … */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 10)));
  return power * ([1, 2, 5].find((factor) => factor * power >= value) ?? 10);
}
