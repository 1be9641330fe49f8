import { Link } from "@tanstack/react-router";
import { formatCount, formatDuration, plural } from "@/lib/format";
import { Stat } from "@/ui/page";
import { ProgressBar } from "@/ui/progress-bar";
import type { PipelineRun } from "../api";
import { durationOf, stageOf } from "../words";
import { ConfidenceHistogram } from "./confidence-histogram";
import { ImageFigure } from "./image-figure";
import { NewestImages } from "./newest-images";
import { ProblemList } from "./problem-list";
import { Figures, StageSection } from "./stage-section";

export function LabellingStage({ run }: { run: PipelineRun }) {
  const stage = stageOf(run, "annotate");
  const labelling = run.annotate;
  const state = stage.state ?? "waiting";
  if (state === "waiting" && run.waiting_for !== "credits")
    return <StageSection title="Labelling" state={state} />;
  if (state === "skipped" || !labelling) return <StageSection title="Labelling" state="skipped" />;
  const { labelled = 0, total = 0, failed = 0, skipped = 0, annotations = 0 } = labelling;
  const findings = (labelling.confidences ?? []).some((count) => count > 0);
  return (
    <StageSection title="Labelling" state={state} duration={durationOf(stage)}>
      <Figures>
        <ImageFigure
          label="Images labelled"
          value={labelled}
          dataset={run.dataset_name}
          search={{ annotated: true }}
          hint={total > 0 ? `of ${formatCount(total)}` : undefined}
        />
        <Stat label="Annotations found" value={formatCount(annotations)} />
        <ImageFigure
          label="Annotated before"
          value={skipped}
          dataset={run.dataset_name}
          search={{ annotated: true }}
        />
        <ImageFigure label="Failed" value={failed} dataset={run.dataset_name} />
      </Figures>
      {state === "running" && total > 0 && (
        <div className="flex flex-col gap-1.5">
          <ProgressBar label="Images labelled" value={(labelled + failed) / total} />
          <p className="text-muted text-xs tabular-nums">{paceWords(labelling)}</p>
        </div>
      )}
      {total === 0 && state === "done" && (
        <p className="text-muted text-sm">There was nothing to label: every image was annotated before.</p>
      )}
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-muted text-sm">
        {labelling.engine && <span className="truncate">{labelling.engine}</span>}
        {(run.settings.classes ?? []).length > 0 && (
          <span className="truncate">
            {plural((run.settings.classes ?? []).length, "class", "classes")}:{" "}
            {(run.settings.classes ?? [])
              .slice(0, 8)
              .map((each) => each.name)
              .join(", ")}
          </span>
        )}
      </p>
      {(labelling.newest_images ?? []).length > 0 && run.dataset_id && (
        <NewestImages dataset={run.dataset_name} images={labelling.newest_images ?? []} />
      )}
      {findings && (
        <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_16rem]">
          <ConfidenceHistogram
            dataset={run.dataset_name}
            bins={labelling.confidences ?? []}
            classes={labelling.classes ?? []}
          />
          <ByClass run={run} />
        </div>
      )}
      <ProblemList
        label={`${plural(failed, "image")} could not be labelled`}
        problems={(labelling.failures ?? []).map(({ image_id, reason }) => ({
          key: image_id,
          name: reason.match(/'([^']+)'/)?.[1] ?? image_id,
          reason,
          imageId: image_id,
          dataset: run.dataset_name,
        }))}
        total={failed}
      />
    </StageSection>
  );
}

function ByClass({ run }: { run: PipelineRun }) {
  const classes = [...(run.annotate?.classes ?? [])].sort((a, b) => b.annotations - a.annotations);
  return (
    <div className="min-w-0">
      <h3 className="mb-1 font-medium text-sm">By class</h3>
      <ul className="max-h-40 overflow-y-auto" tabIndex={0} aria-label="Annotations by class">
        {classes.map((each) => (
          <li key={each.class_name} className="flex min-h-6 items-center justify-between gap-3 text-sm">
            <Link
              to="/datasets/$name"
              params={{ name: run.dataset_name }}
              search={{ class_name: each.class_name }}
              className="truncate text-accent hover:underline"
              title={each.class_name}
            >
              {each.class_name}
            </Link>
            <span className="tabular-nums">{formatCount(each.annotations)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function paceWords(labelling: NonNullable<PipelineRun["annotate"]>): string {
  const parts: string[] = [];
  if (labelling.images_per_second)
    parts.push(`${Number(labelling.images_per_second.toPrecision(2))} images a second`);
  if (labelling.eta_seconds != null) parts.push(`about ${formatDuration(labelling.eta_seconds)} left`);
  return parts.join(", ") || "The network is being loaded";
}
