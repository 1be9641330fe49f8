import { Page } from "@/ui/page";

export function ReviewPage() {
  return <Page title="Review">…</Page>;
}
