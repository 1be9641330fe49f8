import { Link, useSearch } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { useMay } from "@/features/session/use-session";
import { PipelineCards } from "@/features/training/components/pipeline-cards";
import { SettingsForm } from "@/features/training/components/settings-form";
import { Button } from "@/ui/button";
import { SelectField, TextField } from "@/ui/field";
import { Card, CardTitle, Page } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { Switch } from "@/ui/switch";
import { ClassEditor } from "../components/class-editor";
import { ImagesStep } from "../components/images-step";
import { QuoteCard } from "../components/quote-card";
import { type GpuType, type NewRun, useNewRun } from "../hooks/use-new-run";
import { newPipelineSearch } from "../search";

const GPUS: readonly GpuType[] = ["a10g", "a100", "h100"];

export function NewPipelinePage() {
  const search = newPipelineSearch(useSearch({ strict: false }));
  const run = useNewRun(search);
  const mayStart = useMay("member");
  const { choices, change } = run;
  return (
    <Page
      title="New pipeline"
      description={
        <>
          <Link to="/pipelines" className="hover:text-accent hover:underline">
            Pipelines
          </Link>
          : images in, labels and a trained model out
        </>
      }
    >
      <form
        className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_20rem]"
        onSubmit={(event) => event.preventDefault()}
      >
        <div className="flex min-w-0 flex-col gap-4">
          <Card>
            <CardTitle>1. Images</CardTitle>
            <ImagesStep
              picked={run.picked}
              onPicked={run.setPicked}
              datasetName={choices.datasetName}
              onDatasetName={(datasetName) => change({ datasetName })}
              datasetNames={run.datasetNames}
              imagesThere={run.dataset?.image_count ?? null}
            />
          </Card>
          <Card>
            <CardTitle
              actions={
                <Switch
                  label="Label the images"
                  isOn={choices.isLabelling}
                  onChange={(isLabelling) => change({ isLabelling })}
                />
              }
            >
              2. What to look for
            </CardTitle>
            {choices.isLabelling ? (
              <div className="flex flex-col gap-4">
                <ClassEditor
                  classes={choices.classes}
                  onChange={(classes) => change({ classes })}
                  shape={run.shape}
                  known={run.dataset?.classes?.map((each) => each.name) ?? []}
                />
                <div className="grid items-start gap-4 md:grid-cols-2">
                  <Switch
                    label="Wait for a review"
                    hint="The labels wait for people's eyes before anything is trained on them."
                    isOn={choices.isReviewed}
                    onChange={(isReviewed) => change({ isReviewed })}
                  />
                  <TextField
                    label="Confidence of labels"
                    value={choices.confidence}
                    inputMode="decimal"
                    problem={run.isConfidenceWrong ? "A number from 0 to 1." : null}
                    hint="What the annotator is less sure of is left out."
                    onChange={(event) => change({ confidence: event.target.value })}
                  />
                </div>
              </div>
            ) : (
              <p className="text-muted text-sm">
                The model is trained on the images that are complete already.
              </p>
            )}
          </Card>
          <Card>
            <CardTitle
              actions={
                <Switch
                  label="Train a model"
                  isOn={choices.isTraining}
                  onChange={(isTraining) => change({ isTraining })}
                />
              }
            >
              3. What to train
            </CardTitle>
            {choices.isTraining ? (
              <Training run={run} />
            ) : (
              <p className="text-muted text-sm">The images are labelled, and nothing is trained.</p>
            )}
          </Card>
        </div>
        <div className="flex flex-col gap-4 xl:sticky xl:top-4">
          <QuoteCard quote={run.quote} missing={run.missing} hasArchive={run.picked.archives.length > 0} />
          <Card className="flex flex-col gap-3">
            <TextField
              label="Name of the run"
              value={choices.name}
              maxLength={200}
              autoComplete="off"
              placeholder={`${choices.datasetName || "dataset"} · ${choices.pipeline}`}
              onChange={(event) => change({ name: event.target.value })}
            />
            <Button
              variant="primary"
              size="lg"
              isBusy={run.start.isPending}
              disabled={run.missing !== null || run.isRefused || !mayStart}
              onClick={() => run.start.mutate()}
            >
              <Rocket className="size-4.5" /> Start
            </Button>
            {!mayStart && (
              <p className="text-muted text-sm">
                Your role here is Viewer: ask an admin of the organization.
              </p>
            )}
            {run.start.isError && <ProblemNote problem={run.start.error} />}
          </Card>
        </div>
      </form>
    </Page>
  );
}

function Training({ run }: { run: NewRun }) {
  const { choices, change, pipelines, pipeline } = run;
  if (pipelines.isError) {
    return <ProblemNote problem={pipelines.error} onRetry={() => void pipelines.refetch()} />;
  }
  if (!pipelines.data) return <Skeleton className="h-72 w-full" />;
  return (
    <div className="flex flex-col gap-4">
      <PipelineCards
        pipelines={pipelines.data}
        value={pipeline?.name}
        onChange={(name) => change({ pipeline: name })}
      />
      {pipeline && (
        <SettingsForm
          settings={run.settings}
          typed={run.typed}
          problems={run.problems}
          onChange={(key, text) =>
            change({ typedFor: { ...choices.typedFor, [pipeline.name]: { ...run.typed, [key]: text } } })
          }
        />
      )}
      <SelectField
        label="GPU"
        className="max-w-md"
        value={choices.gpu}
        onChange={(value) => change({ gpu: value as GpuType })}
        hint="Decides the price. On a machine without it the run uses what is there, and says so."
        options={GPUS.map((each) => ({ value: each, label: each.toUpperCase() }))}
      />
    </div>
  );
}
