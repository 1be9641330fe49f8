import { Page } from "@/ui/page";

export function VersionsPage() {
  return <Page title="Versions">…</Page>;
}
