import { Page } from "@/ui/page";

export function DatasetListPage() {
  return <Page title="DatasetList">…</Page>;
}
