import { Badge, type Tone } from "@/ui/badge";
import type { RunStatus } from "../api";

const WORDS: Record<RunStatus, { label: string; tone: Tone }> = {
  pending: { label: "Waiting", tone: "neutral" },
  queued: { label: "Waiting", tone: "neutral" },
  running: { label: "Training", tone: "info" },
  completed: { label: "Completed", tone: "ok" },
  failed: { label: "Failed", tone: "danger" },
  cancelled: { label: "Cancelled", tone: "neutral" },
};

export const statusLabel = (status: RunStatus): string => WORDS[status].label;

export function RunStatusBadge({ status }: { status: RunStatus }) {
  const { label, tone } = WORDS[status];
  return <Badge tone={tone}>{label}</Badge>;
}
