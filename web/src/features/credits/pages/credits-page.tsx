import { Page } from "@/ui/page";

export function CreditsPage() {
  return <Page title="Credits">…</Page>;
}
