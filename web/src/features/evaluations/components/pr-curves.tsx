/** Precision against recall for each class, at half an overlap. */

import { LineChart } from "@/ui/line-chart";
import { Card, CardTitle } from "@/ui/page";
import type { ModelEvaluation } from "../api";
import { figuresOf, type JudgedBy } from "../figures";

/** More lines nobody tells apart: the classes with the most objects are drawn. */
const MOST_LINES = 8;
const RECALLS = Array.from({ length: 101 }, (_, index) => index / 100);

export function PrecisionRecallCurves({ evaluation, by }: { evaluation: ModelEvaluation; by: JudgedBy }) {
  const classes = (evaluation.classes ?? [])
    .map((row) => ({
      name: row.class_name,
      objects: row.objects ?? 0,
      curve: figuresOf(row, by)?.precision_at_recalls ?? [],
    }))
    .filter((row) => row.curve.length === RECALLS.length)
    .sort((a, b) => b.objects - a.objects);
  if (classes.length === 0) return null;
  return (
    <Card className="min-w-0">
      <CardTitle>Precision and recall</CardTitle>
      <LineChart
        label="Precision at each recall, by class"
        x={RECALLS}
        xLabel="Recall"
        series={classes.slice(0, MOST_LINES).map((row) => ({ label: row.name, values: row.curve }))}
        yRange={[0, 1.02]}
        height={260}
      />
      <p className="mt-1 text-muted text-xs">
        Precision at IoU 0.5 for each share of the objects that is found.
        {classes.length > MOST_LINES &&
          ` The ${MOST_LINES} classes with the most objects, of ${classes.length}.`}
      </p>
    </Card>
  );
}
