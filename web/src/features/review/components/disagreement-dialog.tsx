/** Disagreement measured anew: against a trained model, or against other labels. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { versionsQuery } from "@/features/datasets/api";
import { modelsQuery } from "@/features/models/api";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SelectField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";
import { ProgressBar } from "@/ui/progress-bar";
import { Segmented } from "@/ui/segmented";
import { TimeAgo } from "@/ui/time-ago";
import {
  isRunning,
  measureDisagreement,
  type ReviewScoring,
  reviewKeys,
  type ScoringWish,
  scoringsQuery,
} from "../api";

type Against = "model" | "labels" | "version";

interface DisagreementDialogProps {
  name: string;
  isOpen: boolean;
  onClose: () => void;
}

const SOURCES = [
  { value: "people", label: "What people have said" },
  { value: "machine", label: "What machines have said" },
];

export function DisagreementDialog({ name, isOpen, onClose }: DisagreementDialogProps) {
  const client = useQueryClient();
  const models = useQuery({ ...modelsQuery({}, 4), enabled: isOpen });
  const scorings = useQuery({ ...scoringsQuery(name), enabled: isOpen });
  const [against, setAgainst] = useState<Against>("model");
  const versions = useQuery({ ...versionsQuery(name), enabled: isOpen && against === "version" });
  const [modelId, setModelId] = useState("");
  const [source, setSource] = useState("machine");
  const [version, setVersion] = useState("");
  const ready = models.data?.models.filter((each) => each.status === "ready") ?? [];
  const chosen = modelId || ready[0]?.id || "";
  const frozen = versions.data?.filter((each) => each.status === "ready") ?? [];
  const chosenVersion = version || String(frozen[0]?.number ?? "");
  const isMissing = { model: chosen === "", labels: false, version: chosenVersion === "" }[against];
  function wishOf(what: Against): ScoringWish {
    if (what === "model") return { modelId: chosen };
    return { source: what === "version" ? `version:${chosenVersion}` : source };
  }
  const measuring = useMutation({
    mutationFn: () => measureDisagreement(name, wishOf(against)),
    onSettled: () => client.invalidateQueries({ queryKey: reviewKeys.scorings(name) }),
  });
  const newest = scorings.data?.[0];
  const wasRunning = useRef(false);
  // The queue shows what was measured as soon as it is.
  useEffect(() => {
    if (wasRunning.current && !isRunning(newest)) {
      void client.invalidateQueries({ queryKey: reviewKeys.dataset(name) });
    }
    wasRunning.current = isRunning(newest);
  }, [newest, client, name]);
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title="Measure disagreement"
      description="How far each image in review is from what somebody else says: the worst come first then."
      actions={
        <Button
          variant="primary"
          disabled={isRunning(newest) || isMissing}
          isBusy={measuring.isPending}
          onClick={() => measuring.mutate()}
        >
          Measure
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Segmented
          label="Against what"
          value={against}
          onChange={setAgainst}
          options={[
            { value: "model", label: "A trained model" },
            { value: "labels", label: "Labels that are there" },
            { value: "version", label: "A version" },
          ]}
        />
        {against === "model" && (
          <SelectField
            label="Model"
            hint={
              ready.length === 0 && models.data
                ? "No model is ready. Train one first, or measure against labels that are there."
                : "It is asked about every image in review; that costs no credits."
            }
            value={chosen}
            onChange={setModelId}
            disabled={ready.length === 0}
            options={ready.map((each) => ({ value: each.id, label: each.name }))}
          />
        )}
        {against === "labels" && (
          <SelectField
            label="Labels"
            hint="Images that the source has not looked at are left out."
            value={source}
            onChange={setSource}
            options={SOURCES}
          />
        )}
        {against === "version" && (
          <SelectField
            label="Version"
            hint={
              frozen.length === 0 && versions.data
                ? "No version is ready. Make one on the dataset's page of versions, or measure against something else."
                : "The images that were changed the most since come first."
            }
            value={chosenVersion}
            onChange={setVersion}
            disabled={frozen.length === 0}
            options={frozen.map((each) => ({
              value: String(each.number),
              label: each.name ? `${each.number}: ${each.name}` : `Version ${each.number}`,
            }))}
          />
        )}
        {newest && <Newest scoring={newest} />}
        {measuring.error && <ProblemNote problem={measuring.error} />}
      </div>
    </Dialog>
  );
}

function Newest({ scoring }: { scoring: ReviewScoring }) {
  if (isRunning(scoring)) {
    return (
      <div className="flex flex-col gap-1 text-sm" role="status">
        <span className="flex justify-between gap-2">
          <span className="truncate">Measuring against {scoring.against}</span>
          <span className="text-muted tabular-nums">
            {scoring.images_done} of {scoring.images_total}
          </span>
        </span>
        <ProgressBar label="Images measured" value={scoring.progress / 100} />
      </div>
    );
  }
  if (scoring.status === "failed") {
    return <ProblemNote problem={new Error(scoring.error_message ?? "The last measure failed.")} />;
  }
  return (
    <p className="text-muted text-sm">
      Last measured against <span className="break-words text-text">{scoring.against}</span>,{" "}
      <TimeAgo at={scoring.completed_at ?? scoring.created_at} />:{" "}
      {scoring.images_done - scoring.images_skipped} of {scoring.images_total} images
      {scoring.status === "cancelled" ? ", then cancelled" : ""}.
    </p>
  );
}
