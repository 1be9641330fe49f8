import { Page } from "@/ui/page";

export function CompareTrainingPage() {
  return <Page title="CompareTraining">…</Page>;
}
