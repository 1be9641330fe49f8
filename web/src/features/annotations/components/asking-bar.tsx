import { useQuery } from "@tanstack/react-query";
import { type RefObject, useState } from "react";
import { formatCount } from "@/lib/format";
import { Button } from "@/ui/button";
import { CONTROL } from "@/ui/field";
import { Slider } from "@/ui/slider";
import { Spinner } from "@/ui/spinner";
import { promptPriceQuery } from "../api";
import { useNow } from "../hooks/use-now";
import { type AskState, askWords, proposed } from "../prompts/asking";
import type { EditorTool } from "../tools";

interface AskingBarProps {
  tool: EditorTool;
  state: AskState;
  className: string;
  threshold: number;
  acceptKey: string;
  input: RefObject<HTMLInputElement | null>;
  onThreshold: (threshold: number) => void;
  onThresholdSet: () => void;
  onAskText: (phrase: string) => void;
  onAccept: () => void;
  onClear: () => void;
  onRetry: () => void;
}

/** What an annotator is asked and what it says, over the lower edge of the image. */
export function AskingBar(props: AskingBarProps) {
  const { tool, state } = props;
  const { data: price } = useQuery(promptPriceQuery);
  const now = useNow(state.isAsking ? 500 : 0);
  const found = proposed(state);
  const words = askWords(state, Math.max(now, state.askedAt), props.acceptKey);
  return (
    <section
      aria-label="Model"
      className="absolute inset-x-2 bottom-2 mx-auto flex w-fit max-w-[calc(100%-1rem)] flex-col gap-1.5 rounded-lg border border-line bg-surface px-3 py-2 text-sm shadow-float"
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        {tool === "text" && <PhraseField {...props} />}
        <div className="flex w-44 items-center gap-2">
          <span className="shrink-0 text-muted text-xs">How sure</span>
          <Slider
            label="How sure an answer has to be"
            value={[props.threshold]}
            min={0.05}
            max={0.95}
            step={0.05}
            onChange={([next]) => next !== undefined && props.onThreshold(next)}
            onCommit={props.onThresholdSet}
          />
          <span className="w-7 shrink-0 text-right text-muted text-xs tabular-nums">
            {props.threshold.toFixed(2)}
          </span>
        </div>
        {price && (
          <span className="text-muted text-xs">
            {price.credits} credits a question · {formatCount(price.remaining)} left
          </span>
        )}
      </div>
      <div className="flex min-h-6 flex-wrap items-center gap-2">
        <p role="status" className="flex min-w-0 items-center gap-2">
          {state.isAsking && <Spinner />}
          {words ?? <span className="text-muted">{hintOf(tool, props.className)}</span>}
        </p>
        {found.length > 0 && !state.isAsking && (
          <Button size="sm" variant="primary" className="pointer-coarse:h-10" onClick={props.onAccept}>
            Take
          </Button>
        )}
        {state.question !== null && (
          <Button size="sm" variant="ghost" className="pointer-coarse:h-10" onClick={props.onClear}>
            {state.isAsking ? "Cancel" : "Drop"}
          </Button>
        )}
      </div>
      {state.problem && (
        <div role="alert" className="flex items-start gap-2">
          <p className="max-w-md">
            <span className="text-danger">{state.problem.message}</span>{" "}
            <span className="text-muted">
              {state.problem.isBusy ? "Asking again by itself." : state.problem.fix}
            </span>
          </p>
          {!state.problem.isBusy && (
            <Button size="sm" onClick={props.onRetry}>
              Ask again
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

function hintOf(tool: EditorTool, className: string): string {
  if (tool === "text") return `Finds everything the words name, as «${className}»`;
  return tool === "smart-box"
    ? `Drag a box around an object: it becomes «${className}»`
    : `Click an object: it becomes «${className}»`;
}

/** The words to look for: the class's name until somebody types others. */
function PhraseField({ className, state, input, onAskText, onAccept, onClear }: AskingBarProps) {
  const suggested = className.replaceAll("_", " ");
  const [typed, setTyped] = useState<string | null>(null);
  const phrase = (typed ?? suggested).trim();
  const { question } = state;
  const isAnswered = question?.kind === "text" && question.phrase === phrase && proposed(state).length > 0;
  return (
    <form
      className="flex items-center gap-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (isAnswered) onAccept();
        else if (phrase !== "") onAskText(phrase);
      }}
    >
      <input
        ref={input}
        value={typed ?? suggested}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          if (question === null) event.currentTarget.blur();
          else onClear();
        }}
        aria-label="Words to look for"
        maxLength={120}
        autoComplete="off"
        className={`${CONTROL} h-8 w-52 pointer-coarse:h-10`}
      />
      <Button type="submit" size="sm" className="pointer-coarse:h-10">
        {isAnswered ? "Take" : "Find"}
      </Button>
    </form>
  );
}
