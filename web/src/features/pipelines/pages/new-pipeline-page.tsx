import { Page } from "@/ui/page";

export function NewPipelinePage() {
  return <Page title="NewPipeline">…</Page>;
}
