import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { formatCount, plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ProblemNote } from "@/ui/problem-note";
import { Segmented } from "@/ui/segmented";
import { Skeleton } from "@/ui/skeleton";
import { Switch } from "@/ui/switch";
import { notify } from "@/ui/toast";
import { type SimilarRequest, similarQuoteQuery, startSimilar } from "../api";

interface SimilarDialogProps extends Pick<SimilarRequest, "datasetName" | "imageId" | "boxes" | "className"> {
  onClose: () => void;
}

/** Look for what is like the selected annotations on the dataset's other images: quoted first, then a job. */
export function SimilarDialog({ onClose, ...about }: SimilarDialogProps) {
  const navigate = useNavigate();
  const [outputType, setOutputType] = useState<"polygon" | "bbox">("bbox");
  const [skipAnnotated, setSkipAnnotated] = useState(true);
  const wanted: SimilarRequest = { ...about, outputType, skipAnnotated };
  const quote = useQuery(similarQuoteQuery(wanted));
  const start = useMutation({
    mutationFn: () => startSimilar(wanted),
    onSuccess: () => {
      onClose();
      notify({
        title: `Looking for more «${about.className}»`,
        detail: "What is found waits for a review.",
        action: { label: "Show the job", onSelect: () => void navigate({ to: "/jobs" }) },
      });
    },
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Find more like ${about.boxes.length === 1 ? "this" : `these ${about.boxes.length}`}`}
      description={`Images of ${about.datasetName} are searched for what looks like it. What is found becomes «${about.className}» and waits for a review.`}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            isBusy={start.isPending}
            disabled={quote.data === undefined}
            onClick={() => start.mutate()}
          >
            Start
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 text-sm">
        <div className="flex items-center gap-3">
          <span>As</span>
          <Segmented
            label="Shape of what is found"
            value={outputType}
            onChange={setOutputType}
            options={[
              { value: "bbox", label: "Boxes" },
              { value: "polygon", label: "Polygons" },
            ]}
          />
        </div>
        <Switch isOn={skipAnnotated} onChange={setSkipAnnotated} label="Only images without annotations" />
        <div className="min-h-10">
          {quote.isPending && <Skeleton className="h-5 w-64" />}
          {quote.data && (
            <p>
              {plural(quote.data.images, "image")}, at most {formatCount(quote.data.estimated_credits)}{" "}
              credits.{" "}
              <span className="text-muted">{formatCount(quote.data.credits_remaining)} are left.</span>
            </p>
          )}
          {(quote.error ?? start.error) && <ProblemNote problem={quote.error ?? start.error} />}
        </div>
      </div>
    </Dialog>
  );
}
