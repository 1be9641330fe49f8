import { Page } from "@/ui/page";

export function DuplicatesPage() {
  return <Page title="Duplicates">…</Page>;
}
