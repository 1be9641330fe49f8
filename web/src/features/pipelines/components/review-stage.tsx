import { Link } from "@tanstack/react-router";
import { ScanEye } from "lucide-react";
import { plural } from "@/lib/format";
import { Button, buttonClass } from "@/ui/button";
import { ProgressBar } from "@/ui/progress-bar";
import type { PipelineRun } from "../api";
import type { RunActions } from "../hooks/use-run-actions";
import { durationOf, stageOf } from "../words";
import { ImageFigure } from "./image-figure";
import { Figures, StageSection } from "./stage-section";

interface ReviewStageProps {
  run: PipelineRun;
  actions: RunActions;
  mayAct: boolean;
}

/** The gate between labels and training: people look, or somebody says go on. */
export function ReviewStage({ run, actions, mayAct }: ReviewStageProps) {
  const stage = stageOf(run, "review");
  const state = stage.state ?? "waiting";
  const { waiting = 0, completed = 0, total = 0 } = run.review ?? {};
  const isOpen = run.waiting_for === "review";
  if (state === "skipped") return <StageSection title="Review" state="skipped" />;
  if (state === "waiting" && !isOpen) return <StageSection title="Review" state="waiting" />;
  return (
    <StageSection title="Review" state={isOpen ? "running" : state} duration={durationOf(stage)}>
      <Figures>
        <ImageFigure
          label="To look at"
          value={waiting}
          dataset={run.dataset_name}
          search={{ status: "review", sort: "least_confident" }}
        />
        <ImageFigure
          label="Looked at"
          value={completed}
          dataset={run.dataset_name}
          search={{ status: "complete" }}
          hint={total > 0 ? `of ${total}` : undefined}
        />
      </Figures>
      {total > 0 && <ProgressBar label="Images reviewed" value={completed / total} />}
      {isOpen && (
        <>
          <p className="text-muted text-sm">
            Nothing is trained before people have looked at the labels. It goes on by itself when all are
            completed.
          </p>
          <div className="flex flex-wrap items-center gap-2">
            <Link
              to="/datasets/$name/review"
              params={{ name: run.dataset_name }}
              className={buttonClass("primary")}
            >
              <ScanEye className="size-4" /> Review {waiting}, least confident first
            </Link>
            {mayAct && (
              <>
                <Button
                  isBusy={actions.goOn.isPending && actions.goOn.variables === true}
                  onClick={() => actions.goOn.mutate(true)}
                  title="What was not looked at becomes complete as it is"
                >
                  Accept the rest and go on
                </Button>
                {completed > 0 && (
                  <Button
                    isBusy={actions.goOn.isPending && actions.goOn.variables === false}
                    onClick={() => actions.goOn.mutate(false)}
                  >
                    Go on with {plural(completed, "reviewed image")}
                  </Button>
                )}
              </>
            )}
          </div>
        </>
      )}
    </StageSection>
  );
}
