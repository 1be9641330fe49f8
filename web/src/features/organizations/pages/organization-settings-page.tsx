import { Page } from "@/ui/page";

export function OrganizationSettingsPage() {
  return <Page title="OrganizationSettings">…</Page>;
}
