import { Page } from "@/ui/page";

export function ApiKeysPage() {
  return <Page title="ApiKeys">…</Page>;
}
