/** The classes with their figures, to be sorted. */

import { formatCount } from "@/lib/format";
import { formatMetric } from "@/lib/metrics";
import { Card, CardTitle } from "@/ui/page";
import { SortTh } from "@/ui/sort-th";
import { Table, Td, Tr } from "@/ui/table";
import type { ModelEvaluation } from "../api";
import { classRows, columnsOf, curveOf, type JudgedBy, sortedRows } from "../figures";
import type { SortKey } from "../search";

const LABELS: Record<SortKey, string> = {
  class: "Class",
  images: "Images",
  objects: "Objects",
  ap: "AP@50:95",
  ap50: "AP@50",
  precision: "Precision",
  recall: "Recall",
  f1: "F1",
  iou: "IoU",
  dice: "Dice",
};
const COUNTS: readonly SortKey[] = ["images", "objects"];

interface ClassTableProps {
  evaluation: ModelEvaluation;
  by: JudgedBy;
  threshold: number;
  /** Absent: in the order of the dataset. */
  sort: SortKey | undefined;
  isDescending: boolean;
  onSort: (sort: SortKey, isDescending: boolean) => void;
}

export function ClassTable({ evaluation, by, threshold, sort, isDescending, onSort }: ClassTableProps) {
  const columns = columnsOf(evaluation.task);
  const all = classRows(evaluation, by, threshold);
  const rows = sort ? sortedRows(all, sort, isDescending) : all;
  const hasThreshold = evaluation.task !== "semantic_segmentation" && curveOf(evaluation, by) !== null;
  return (
    <Card>
      <CardTitle>Classes</CardTitle>
      <div className="max-h-[32rem] overflow-y-auto">
        <Table label="Figures of each class">
          <thead>
            <tr>
              {columns.map((key) => (
                <SortTh
                  key={key}
                  isNumber={key !== "class"}
                  order={sort === key ? (isDescending ? "descending" : "ascending") : null}
                  onSort={() => onSort(key, sort === key ? !isDescending : key !== "class")}
                >
                  {LABELS[key]}
                </SortTh>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Tr key={row.name}>
                {columns.map((key) =>
                  key === "class" ? (
                    <Td key={key} className="max-w-64 truncate font-medium" title={row.name}>
                      {row.name}
                    </Td>
                  ) : (
                    <Td key={key} isNumber>
                      {COUNTS.includes(key)
                        ? formatCount(row.values[key] ?? 0)
                        : formatMetric(row.values[key])}
                    </Td>
                  ),
                )}
              </Tr>
            ))}
          </tbody>
        </Table>
      </div>
      {hasThreshold && (
        <p className="mt-2 text-muted text-xs">
          Precision, recall and F1 at a confidence of {threshold.toFixed(2)}
          {by === "tags" ? "" : " and half an overlap"}. With fewer than about fifty{" "}
          {by === "tags" ? "images" : "objects"} of a class its figures are rough.
        </p>
      )}
    </Card>
  );
}
