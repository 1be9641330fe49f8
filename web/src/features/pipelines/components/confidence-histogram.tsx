/** How sure the model was of what it found: twenty bars, each leading to the images with such findings. */

import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { ClassFindings } from "@/api/schema";
import { formatCount, formatPercent } from "@/lib/format";
import { SelectField } from "@/ui/field";

interface ConfidenceHistogramProps {
  dataset: string;
  /** Of all classes together. */
  bins: readonly number[];
  classes: readonly ClassFindings[];
}

export function ConfidenceHistogram({ dataset, bins, classes }: ConfidenceHistogramProps) {
  const [name, setName] = useState("");
  const chosen = classes.find((each) => each.class_name === name);
  const shown = chosen?.confidences ?? bins;
  const most = Math.max(1, ...shown);
  const total = shown.reduce((sum, count) => sum + count, 0);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex items-end justify-between gap-3">
        <h3 className="font-medium text-sm">How sure it was</h3>
        {classes.length > 1 && (
          <SelectField
            label="Class of the histogram"
            isLabelHidden
            className="w-48"
            value={chosen ? name : ""}
            onChange={setName}
            options={[
              {
                value: "",
                label: `All classes (${formatCount(bins.reduce((sum, count) => sum + count, 0))})`,
              },
              ...classes.map((each) => ({
                value: each.class_name,
                label: `${each.class_name} (${formatCount(each.annotations)})`,
              })),
            ]}
          />
        )}
      </div>
      <ol
        className="flex h-28 items-end gap-0.5 border-line border-b"
        aria-label={`Confidences of ${formatCount(total)} findings${chosen ? ` of ${chosen.class_name}` : ""}`}
      >
        {shown.map((count, bin) => {
          const from = bin / shown.length;
          const to = (bin + 1) / shown.length;
          const words = `${formatPercent(from)} to ${formatPercent(to)}: ${formatCount(count)}`;
          const bar = (
            <span
              className="block w-full rounded-t-sm bg-accent group-hover:bg-accent-hover"
              style={{ height: `${count === 0 ? 0 : Math.max(3, (100 * count) / most)}%` }}
            />
          );
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its place
            <li key={bin} className="h-full min-w-0 grow">
              {count === 0 ? (
                <span className="sr-only">{words}</span>
              ) : (
                <Link
                  to="/datasets/$name"
                  params={{ name: dataset }}
                  search={{
                    min_confidence: Math.round(from * 100) / 100,
                    max_confidence: Math.round(to * 100) / 100,
                    ...(chosen ? { class_name: chosen.class_name } : {}),
                  }}
                  title={words}
                  aria-label={`${words}, show these images`}
                  className="group flex h-full w-full items-end"
                >
                  {bar}
                </Link>
              )}
            </li>
          );
        })}
      </ol>
      <div aria-hidden="true" className="flex justify-between text-muted text-xs tabular-nums">
        <span>0</span>
        <span>0.5</span>
        <span>1</span>
      </div>
    </div>
  );
}
