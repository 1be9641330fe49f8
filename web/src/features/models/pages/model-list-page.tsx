import { Page } from "@/ui/page";

export function ModelListPage() {
  return <Page title="ModelList">…</Page>;
}
