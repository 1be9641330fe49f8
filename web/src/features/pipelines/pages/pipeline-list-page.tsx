import { Page } from "@/ui/page";

export function PipelineListPage() {
  return <Page title="PipelineList">…</Page>;
}
