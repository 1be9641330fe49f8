import { Page } from "@/ui/page";

export function ModelPage() {
  return <Page title="Model">…</Page>;
}
