import { Page } from "@/ui/page";

export function EditorPage() {
  return <Page title="Editor">…</Page>;
}
