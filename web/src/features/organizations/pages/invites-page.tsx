import { Page } from "@/ui/page";

export function InvitesPage() {
  return <Page title="Invites">…</Page>;
}
