import { DropZone } from "@/features/uploads/components/drop-zone";
import { beginUpload } from "@/features/uploads/components/upload-button";
import { archiveWords, filesWords, UploadBar } from "@/features/uploads/components/upload-row";
import { useUploads } from "@/features/uploads/store";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { ProblemNote } from "@/ui/problem-note";
import type { PipelineRun } from "../api";
import type { RunActions } from "../hooks/use-run-actions";
import { durationOf, stageOf } from "../words";
import { ImageFigure } from "./image-figure";
import { ProblemList } from "./problem-list";
import { Figures, StageSection } from "./stage-section";

export function UploadStage({
  run,
  actions,
  mayAct,
}: {
  run: PipelineRun;
  actions: RunActions;
  mayAct: boolean;
}) {
  const stage = stageOf(run, "upload");
  const upload = run.upload;
  const uploads = useUploads().filter((each) => each.pipelineRunId === run.id && !each.isTold);
  const isWaiting = run.waiting_for === "images";
  const images = upload?.images ?? 0;
  return (
    <StageSection title="Upload" state={stage.state ?? "waiting"} duration={durationOf(stage)}>
      <Figures>
        <ImageFigure label="Images in the dataset" value={images} dataset={run.dataset_name} search={{}} />
        <ImageFigure label="Sent" value={upload?.uploaded ?? 0} dataset={run.dataset_name} />
        <ImageFigure label="There already" value={upload?.skipped ?? 0} dataset={run.dataset_name} />
        <ImageFigure label="Failed" value={upload?.failed ?? 0} dataset={run.dataset_name} />
      </Figures>
      {(upload?.preparing ?? 0) > 0 && (
        <p className="text-muted text-sm">{plural(upload?.preparing ?? 0, "thumbnail")} still being made</p>
      )}
      {uploads.map((each) => (
        <div key={each.id} className="flex flex-col gap-1.5">
          <p className="text-sm tabular-nums">
            {each.kind === "files" ? filesWords(each) : archiveWords(each)}
          </p>
          <UploadBar upload={each} />
          {each.problem !== null && <ProblemNote problem={each.problem} />}
        </div>
      ))}
      {isWaiting && uploads.length === 0 && mayAct && (
        <DropZone
          onPicked={(picked) =>
            beginUpload(
              { datasetName: run.dataset_name, datasetId: run.dataset_id ?? "", pipelineRunId: run.id },
              picked,
            )
          }
        >
          <span className="block font-medium text-base text-text">This run waits for its images</span>
          Drop them here; it goes on by itself when they have arrived.
        </DropZone>
      )}
      {isWaiting && images > 0 && !uploads.some((each) => each.state === "running") && mayAct && (
        <div className="flex items-center gap-3">
          <Button
            variant="primary"
            isBusy={actions.goOn.isPending}
            onClick={() => actions.goOn.mutate(false)}
          >
            Go on with {plural(images, "image")}
          </Button>
          <span className="text-muted text-sm">All images are there.</span>
        </div>
      )}
      <ProblemList
        label={`${plural(upload?.failed ?? 0, "file")} failed`}
        problems={(upload?.failures ?? []).map(({ path, reason }) => ({ key: path, name: path, reason }))}
        total={upload?.failed ?? 0}
      />
    </StageSection>
  );
}
