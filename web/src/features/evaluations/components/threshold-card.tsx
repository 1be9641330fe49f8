/** The threshold: what keeping only answers of so much confidence gives, for all classes together. */

import { formatMetric } from "@/lib/metrics";
import { Button } from "@/ui/button";
import { LineChart } from "@/ui/line-chart";
import { Card, CardTitle, Stat } from "@/ui/page";
import { Slider } from "@/ui/slider";
import type { ModelEvaluation } from "../api";
import { atThreshold, bestOf, curveOf, type JudgedBy } from "../figures";

interface ThresholdCardProps {
  evaluation: ModelEvaluation;
  by: JudgedBy;
  threshold: number;
  onChange: (threshold: number) => void;
  /** The slider came to rest. */
  onCommit: (threshold: number) => void;
}

export function ThresholdCard({ evaluation, by, threshold, onChange, onCommit }: ThresholdCardProps) {
  const curve = curveOf(evaluation, by);
  const best = bestOf(evaluation, by);
  const at = atThreshold(curve, threshold);
  const steps = curve ? curve.recall.length - 1 : 0;
  const x = curve ? curve.recall.map((_, index) => index / steps) : [];
  const f1 = x.map((confidence) => atThreshold(curve, confidence)?.f1 ?? null);
  return (
    <Card className="min-w-0">
      <CardTitle
        actions={
          best && (
            <Button
              size="sm"
              onClick={() => {
                onChange(best.confidence);
                onCommit(best.confidence);
              }}
            >
              To the best F1 ({best.confidence.toFixed(2)})
            </Button>
          )
        }
      >
        Threshold
      </CardTitle>
      <div className="flex items-baseline justify-between text-sm">
        <span className="text-muted">Keep answers of at least this confidence</span>
        <output className="font-semibold tabular-nums">{threshold.toFixed(2)}</output>
      </div>
      <Slider
        label="Least confidence"
        value={[threshold]}
        onChange={([value = 0]) => onChange(value)}
        onCommit={([value = 0]) => onCommit(value)}
      />
      {at ? (
        <div className="mt-1 grid grid-cols-3 gap-4">
          <Stat label="Precision" value={formatMetric(at.precision)} hint="of what it says is right" />
          <Stat label="Recall" value={formatMetric(at.recall)} hint="of what is there is found" />
          <Stat label="F1" value={formatMetric(at.f1)} hint="both together" />
        </div>
      ) : (
        <p className="mt-1 text-muted text-sm">
          {best
            ? `This evaluation knows the best threshold only: ${best.confidence.toFixed(2)} gives precision ${formatMetric(best.precision)} and recall ${formatMetric(best.recall)}.`
            : "No object was found at any threshold."}
        </p>
      )}
      {curve && (
        <div className="mt-3">
          <LineChart
            label="Precision, recall and F1 by threshold"
            x={x}
            xLabel="Least confidence"
            series={[
              {
                label: "Precision",
                values: curve.precision.map((value, index) => (curve.recall[index] ? value : null)),
              },
              { label: "Recall", values: curve.recall },
              { label: "F1", values: f1 },
            ]}
            yRange={[0, 1.02]}
            height={200}
          />
        </div>
      )}
    </Card>
  );
}
