/** The pipelines to choose from: what each makes, and what is missing where one cannot run. */

import { useId } from "react";
import { cx } from "@/lib/class-names";
import { taskLabel } from "@/lib/metrics";
import { pipelineWords } from "@/lib/pipelines";
import { Badge } from "@/ui/badge";
import type { Pipeline, PipelineName } from "../api";

interface PipelineCardsProps {
  pipelines: readonly Pipeline[];
  value: PipelineName | undefined;
  onChange: (name: PipelineName) => void;
}

export function PipelineCards({ pipelines, value, onChange }: PipelineCardsProps) {
  const group = useId();
  const missing = pipelines.filter((each) => !each.is_available);
  return (
    <>
      <fieldset className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
        <legend className="sr-only">Pipeline</legend>
        {pipelines.map((pipeline) => {
          const words = pipelineWords(pipeline.name);
          const isChosen = pipeline.name === value;
          return (
            <label
              key={pipeline.name}
              className={cx(
                "relative flex flex-col gap-1 rounded-lg border p-3 text-sm has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2",
                isChosen ? "border-accent bg-accent-soft/50" : "border-line",
                pipeline.is_available ? "cursor-pointer hover:border-line-strong" : "bg-sunken/50",
              )}
            >
              <span className="flex items-center gap-2 font-medium">
                <input
                  type="radio"
                  name={group}
                  value={pipeline.name}
                  checked={isChosen}
                  disabled={!pipeline.is_available}
                  onChange={() => onChange(pipeline.name)}
                  className="size-4 accent-accent outline-none"
                />
                {words.label}
              </span>
              {/* On a line of its own in all cards: beside the name there is room for the short ones only. */}
              <span className="pl-6">
                {pipeline.is_available ? (
                  <Badge tone="accent">{words.makes}</Badge>
                ) : (
                  <Badge tone="warn">Not installed</Badge>
                )}
              </span>
              <span className="pl-6 text-muted text-xs">
                {taskLabel(pipeline.task)}. {words.about}
              </span>
            </label>
          );
        })}
      </fieldset>
      {missing.length > 0 && (
        <details className="mt-3 text-sm">
          <summary className="min-h-6 w-fit cursor-pointer text-muted hover:text-text">
            How to install what is missing ({missing.length})
          </summary>
          <ul className="mt-2 flex flex-col gap-3">
            {missing.map((pipeline) => (
              <li key={pipeline.name}>
                <p>
                  <span className="font-medium">{pipelineWords(pipeline.name).label}</span>:{" "}
                  {pipeline.why_not}
                </p>
                {pipeline.fix && <p className="text-muted">{pipeline.fix}</p>}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
