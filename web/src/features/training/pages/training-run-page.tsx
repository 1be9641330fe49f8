import { Page } from "@/ui/page";

export function TrainingRunPage() {
  return <Page title="TrainingRun">…</Page>;
}
