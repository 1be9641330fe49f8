/** Settings and figures of several runs, a column each; what differs stands out, what is best is marked. */

import { Trophy } from "lucide-react";
import { useState } from "react";
import { cx } from "@/lib/class-names";
import { formatDuration } from "@/lib/format";
import { formatMetric, metricHint, metricLabel } from "@/lib/metrics";
import { pipelineLabel } from "@/lib/pipelines";
import { LINE_COLORS } from "@/ui/line-chart";
import { Switch } from "@/ui/switch";
import { Table, Td, Th, Tr } from "@/ui/table";
import type { TrainingRun } from "../api";
import { type ComparedRow, figureRows, settingRows } from "../compare";
import { settingText } from "./run-facts";
import { statusLabel } from "./run-status";

export function CompareTable({ runs }: { runs: readonly TrainingRun[] }) {
  const [isWhole, setIsWhole] = useState(false);
  const settings = settingRows(runs).filter((row) => isWhole || !row.isSame);
  const figures = figureRows(runs);
  const facts: [string, (run: TrainingRun) => string][] = [
    ["Status", (run) => statusLabel(run.status)],
    ["Pipeline", (run) => pipelineLabel(run.pipeline_type)],
    ["Data", (run) => (run.dataset_version ? `version ${run.dataset_version}` : "–")],
    ["Machine", (run) => run.device ?? "–"],
    ["Epochs", (run) => (run.total_epochs ? `${run.current_epoch} of ${run.total_epochs}` : "–")],
    [
      "Trained for",
      (run) => (run.training_time_seconds == null ? "–" : formatDuration(run.training_time_seconds)),
    ],
  ];
  return (
    <div className="flex flex-col gap-3">
      <Switch label="Show also the settings that are the same" isOn={isWhole} onChange={setIsWhole} />
      <Table label="Runs compared">
        <thead>
          <tr>
            <Th className="sticky left-0 bg-sunken">
              <span className="sr-only">What</span>
            </Th>
            {runs.map((run, index) => (
              <Th key={run.id} className="max-w-56 min-w-36">
                <span className="flex items-center gap-1.5">
                  <ColorDot index={index} />
                  <span className="truncate" title={run.name}>
                    {run.name}
                  </span>
                </span>
              </Th>
            ))}
          </tr>
        </thead>
        <tbody>
          {figures.map((row) => (
            <FigureRow key={row.name} row={row} runs={runs} />
          ))}
          {facts.map(([label, read]) => (
            <Tr key={label}>
              <RowHead>{label}</RowHead>
              {runs.map((run) => (
                <Td key={run.id} className="max-w-56">
                  {read(run)}
                </Td>
              ))}
            </Tr>
          ))}
          {settings.map((row) => (
            <Tr key={row.name}>
              <RowHead>Setting: {row.name.replaceAll("_", " ")}</RowHead>
              {row.values.map((value, index) => (
                <Td
                  key={runs[index]?.id}
                  className={cx("max-w-56 break-words", !row.isSame && "font-medium")}
                >
                  {value === undefined ? <span className="text-muted">automatic</span> : settingText(value)}
                </Td>
              ))}
            </Tr>
          ))}
        </tbody>
      </Table>
    </div>
  );
}

function FigureRow({ row, runs }: { row: ComparedRow; runs: readonly TrainingRun[] }) {
  return (
    <Tr>
      <RowHead hint={metricHint(row.name)}>{metricLabel(row.name)}</RowHead>
      {row.values.map((value, index) => (
        <Td key={runs[index]?.id} className={cx("tabular-nums", row.best[index] && "font-semibold text-ok")}>
          <span className="inline-flex items-center gap-1.5">
            {formatMetric(typeof value === "number" ? value : null)}
            {row.best[index] && <Trophy aria-label="best" className="size-3.5" />}
          </span>
        </Td>
      ))}
    </Tr>
  );
}

function RowHead({ children, hint }: { children: React.ReactNode; hint?: string }) {
  return (
    <th
      scope="row"
      title={hint}
      className="sticky left-0 h-11 whitespace-nowrap border-line border-b bg-surface px-3 text-left font-normal text-muted"
    >
      {children}
    </th>
  );
}

/** The colour of a run's line. */
export function ColorDot({ index }: { index: number }) {
  return (
    <span
      aria-hidden="true"
      className="size-2.5 shrink-0 rounded-full"
      style={{ background: LINE_COLORS[index % LINE_COLORS.length] }}
    />
  );
}
