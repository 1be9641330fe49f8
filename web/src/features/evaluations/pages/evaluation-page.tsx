import { Page } from "@/ui/page";

export function EvaluationPage() {
  return <Page title="Evaluation">…</Page>;
}
