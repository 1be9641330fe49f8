/** Which class was taken for which, as a heat table; a cell says in words what it means. */

import { useMemo, useState } from "react";
import { cx } from "@/lib/class-names";
import { formatCompact } from "@/lib/format";
import { Card, CardTitle } from "@/ui/page";
import { Segmented } from "@/ui/segmented";
import type { ModelEvaluation } from "../api";
import { cellWords } from "../figures";

type Confusion = NonNullable<ModelEvaluation["confusion"]>;

/** A table of more cells is slow and unreadable: the classes with the most mistakes are shown. */
const MOST_SHOWN = 30;

export function ConfusionTable({ confusion }: { confusion: Confusion }) {
  const [unit, setUnit] = useState<"counts" | "shares">("shares");
  const [chosen, setChosen] = useState<[number, number] | null>(null);
  const shown = useMemo(() => shownClasses(confusion), [confusion]);
  const { names, counts } = confusion;
  return (
    <Card className="min-w-0">
      <CardTitle
        actions={
          <Segmented
            label="Numbers shown"
            value={unit}
            onChange={setUnit}
            options={[
              { value: "shares", label: "Share of the row" },
              { value: "counts", label: "Counts" },
            ]}
          />
        }
      >
        What is taken for what
      </CardTitle>
      <p aria-live="polite" className="mb-2 min-h-5 text-muted text-sm">
        {chosen
          ? cellWords(confusion, chosen[0], chosen[1])
          : `Rows are the truth, columns what the model says, counted in ${confusion.unit}. Press a cell to read it.`}
      </p>
      {/* What scrolls has to be reachable by keyboard. */}
      <section aria-label="Confusion matrix" tabIndex={0} className="overflow-x-auto">
        <table className="border-separate border-spacing-0.5 text-xs">
          <thead>
            <tr>
              <td className="sticky left-0 bg-surface pr-2 text-right align-bottom text-muted">
                truth ↓ said →
              </td>
              {shown.map((column) => (
                <th
                  key={column}
                  scope="col"
                  className="min-w-11 pb-1 align-bottom font-normal"
                  title={names[column]}
                >
                  <span className="inline-block max-h-28 max-w-11 rotate-180 truncate [writing-mode:vertical-rl]">
                    {names[column]}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => {
              const total = (counts[row] ?? []).reduce((sum, count) => sum + count, 0);
              return (
                <tr key={row}>
                  <th
                    scope="row"
                    title={names[row]}
                    className="sticky left-0 max-w-44 truncate bg-surface pr-2 text-right font-normal"
                  >
                    {names[row]}
                  </th>
                  {shown.map((column) => (
                    <Cell
                      key={column}
                      count={counts[row]?.[column] ?? 0}
                      total={total}
                      isRight={row === column}
                      isShare={unit === "shares"}
                      isChosen={chosen?.[0] === row && chosen[1] === column}
                      label={cellWords(confusion, row, column)}
                      onChoose={() => setChosen([row, column])}
                    />
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {shown.length < names.length && (
        <p className="mt-2 text-muted text-xs">
          The {shown.length} classes with the most mistakes, of {names.length}.
        </p>
      )}
    </Card>
  );
}

interface CellProps {
  count: number;
  total: number;
  isRight: boolean;
  isShare: boolean;
  isChosen: boolean;
  label: string;
  onChoose: () => void;
}

function Cell({ count, total, isRight, isShare, isChosen, label, onChoose }: CellProps) {
  const share = total > 0 ? count / total : 0;
  const shown = count === 0 ? "0" : isShare ? share.toFixed(2) : formatCompact(count);
  const tone = isRight ? "var(--ok)" : "var(--danger)";
  return (
    <td className="p-0">
      <button
        type="button"
        aria-label={`${shown}: ${label}`}
        title={label}
        onClick={onChoose}
        className={cx(
          "flex h-8 w-full min-w-11 items-center justify-center rounded-sm px-1 text-text tabular-nums",
          isChosen && "outline-2 outline-accent outline-offset-1",
        )}
        // At most a third of the tone, so that the text on it keeps its contrast in both themes.
        style={{ background: `color-mix(in srgb, ${tone} ${Math.round(share * 32)}%, var(--sunken))` }}
      >
        {count === 0 ? <span className="text-muted">0</span> : shown}
      </button>
    </td>
  );
}

/** Return the indexes to show, in their order. */
function shownClasses({ names, counts }: Confusion): number[] {
  const all = names.map((_, index) => index);
  if (all.length <= MOST_SHOWN) return all;
  const mistakes = all.map((index) =>
    all.reduce(
      (sum, other) =>
        other === index ? sum : sum + (counts[index]?.[other] ?? 0) + (counts[other]?.[index] ?? 0),
      0,
    ),
  );
  return all
    .toSorted((a, b) => (mistakes[b] ?? 0) - (mistakes[a] ?? 0))
    .slice(0, MOST_SHOWN)
    .sort((a, b) => a - b);
}
