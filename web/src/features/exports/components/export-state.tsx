import { formatPercent } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { ProgressBar } from "@/ui/progress-bar";
import type { ExportAnswer } from "../api";

/** Whether it is there, how far it is, or why it failed. */
export function ExportState({ export_ }: { export_: ExportAnswer }) {
  if (export_.status === "completed") return <Badge tone="ok">ready</Badge>;
  if (export_.status === "failed") {
    return (
      <span title={export_.error_message ?? undefined}>
        <Badge tone="danger">failed</Badge>
      </span>
    );
  }
  const progress = export_.progress ?? 0;
  const words = export_.status === "pending" ? "waiting" : formatPercent(progress);
  return (
    <div className="flex w-32 items-center gap-2">
      <div className="grow">
        <ProgressBar
          label={`Export ${export_.name}`}
          value={export_.status === "pending" ? null : progress}
        />
      </div>
      <span className="w-12 text-right text-muted text-xs tabular-nums">{words}</span>
    </div>
  );
}
