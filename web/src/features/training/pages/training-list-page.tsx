import { Page } from "@/ui/page";

export function TrainingListPage() {
  return <Page title="TrainingList">…</Page>;
}
