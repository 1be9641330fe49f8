import { Page } from "@/ui/page";

export function ClassesPage() {
  return <Page title="Classes">…</Page>;
}
