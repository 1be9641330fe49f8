import { Page } from "@/ui/page";

export function NewTrainingPage() {
  return <Page title="NewTraining">…</Page>;
}
