/** The images that are chosen, labelled by the annotator: what it looks for, and what that costs, before it starts. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ClassAnswer, defaultPrompt } from "@/features/datasets/api";
import { formatCount, formatDuration, plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Dialog } from "@/ui/dialog";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { Slider } from "@/ui/slider";
import { type BatchJob, quoteBatch, type StartBatch, startBatch } from "../api";

interface AnnotateDialogProps {
  datasetName: string;
  ids: readonly string[];
  classes: readonly ClassAnswer[];
  onClose: () => void;
  onStarted: (job: BatchJob) => void;
}

export function AnnotateDialog({ datasetName, ids, classes, onClose, onStarted }: AnnotateDialogProps) {
  // Tags are mostly people's words for an image: who wants them looked for says so.
  const [left, setLeft] = useState<ReadonlySet<string>>(
    () => new Set(classes.filter((each) => each.type === "tag").map((each) => each.name)),
  );
  const [threshold, setThreshold] = useState(0.5);
  const [skips, setSkips] = useState(true);
  const [review, setReview] = useState(true);
  const wanted = classes.filter((each) => !left.has(each.name));
  const body: StartBatch = {
    dataset_name: datasetName,
    image_ids: [...ids],
    classes: wanted.map((each) => ({
      name: each.name,
      output_type: each.type === "bbox" || each.type === "tag" ? each.type : "polygon",
      prompts: each.prompts.length > 0 ? each.prompts : null,
    })),
    confidence_threshold: threshold,
    skip_annotated: skips,
    review,
    destination: "dataset",
    exclusive: false,
    top_k: 1,
  };
  const quote = useQuery({
    queryKey: ["images", datasetName, "quote", ids, wanted.map((each) => each.name), skips],
    enabled: wanted.length > 0,
    queryFn: () => quoteBatch(body),
    retry: false,
  });
  const start = useMutation({ mutationFn: () => startBatch(body), onSuccess: onStarted });

  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Annotate ${plural(ids.length, "image")}`}
      description="The annotator looks for each class and adds what it finds. People's annotations stay as they are."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            isBusy={start.isPending}
            disabled={wanted.length === 0 || quote.isError || quote.data?.images === 0}
            onClick={() => start.mutate()}
          >
            Start
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {classes.length === 0 ? (
          <p className="text-muted text-sm">
            The dataset has no classes yet. Add those to look for on its page Classes.
          </p>
        ) : (
          <fieldset>
            <legend className="mb-1 font-medium text-sm">Classes</legend>
            <div className="grid max-h-56 grid-cols-2 gap-x-4 gap-y-1 overflow-y-auto">
              {classes.map((each) => (
                <Checkbox
                  key={each.name}
                  isChecked={!left.has(each.name)}
                  label={
                    <span className="line-clamp-2" title={each.name}>
                      {each.name}
                    </span>
                  }
                  hint={
                    <span className="line-clamp-2">
                      {each.prompts.join(", ") || defaultPrompt(each.name)}
                    </span>
                  }
                  onChange={(isOn) => {
                    const next = new Set(left);
                    if (isOn) next.delete(each.name);
                    else next.add(each.name);
                    setLeft(next);
                  }}
                />
              ))}
            </div>
          </fieldset>
        )}
        <div>
          <div className="flex justify-between font-medium text-sm">
            <span>Least confidence to keep</span>
            <span className="text-muted tabular-nums">{threshold.toFixed(2)}</span>
          </div>
          <Slider
            label="Least confidence to keep"
            value={[threshold]}
            step={0.05}
            onChange={([value = 0.5]) => setThreshold(value)}
          />
        </div>
        <Checkbox isChecked={skips} onChange={setSkips} label="Leave out images that have annotations" />
        <Checkbox
          isChecked={review}
          onChange={setReview}
          label="Have people look at the result"
          hint="Images come out with the status Review; otherwise they are complete."
        />
        <div className="min-h-10 rounded-md bg-sunken px-3 py-2 text-sm" aria-live="polite">
          {quote.isFetching || (quote.isPending && wanted.length > 0) ? (
            <Skeleton className="h-5 w-60" />
          ) : quote.data ? (
            <p>
              {plural(quote.data.images, "image")} for at most{" "}
              <strong>{plural(quote.data.estimated_credits, "credit")}</strong>
              {quote.data.images_skipped > 0 && `, ${formatCount(quote.data.images_skipped)} left out`}
              {quote.data.seconds != null && `, about ${formatDuration(quote.data.seconds)}`}.{" "}
              <span className="text-muted">
                {plural(quote.data.credits_remaining, "credit")} remain in the budget.
              </span>
            </p>
          ) : (
            <p className="text-muted">
              {wanted.length === 0 ? "Choose a class at least." : "What it costs cannot be said."}
            </p>
          )}
        </div>
        {(start.error ?? quote.error) && <ProblemNote problem={start.error ?? quote.error} />}
      </div>
    </Dialog>
  );
}
