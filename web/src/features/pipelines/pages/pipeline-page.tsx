import { Page } from "@/ui/page";

export function PipelinePage() {
  return <Page title="Pipeline">…</Page>;
}
