import { Page } from "@/ui/page";

export function JobsPage() {
  return <Page title="Jobs">…</Page>;
}
