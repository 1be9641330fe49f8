import { Page } from "@/ui/page";

export function MembersPage() {
  return <Page title="Members">…</Page>;
}
