import { Page } from "@/ui/page";

export function DatasetSettingsPage() {
  return <Page title="DatasetSettings">…</Page>;
}
