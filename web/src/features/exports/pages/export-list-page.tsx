import { Page } from "@/ui/page";

export function ExportListPage() {
  return <Page title="ExportList">…</Page>;
}
