import { Page } from "@/ui/page";

export function TrashPage() {
  return <Page title="Trash">…</Page>;
}
