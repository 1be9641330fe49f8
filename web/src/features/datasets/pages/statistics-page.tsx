import { Page } from "@/ui/page";

export function StatisticsPage() {
  return <Page title="Statistics">…</Page>;
}
