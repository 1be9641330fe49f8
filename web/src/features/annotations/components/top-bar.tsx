import { Link } from "@tanstack/react-router";
import {
  ArrowLeft,
  ChevronLeft,
  ChevronRight,
  Keyboard,
  Maximize,
  PanelRight,
  Redo2,
  Undo2,
  ZoomIn,
  ZoomOut,
} from "lucide-react";
import type { ReactNode } from "react";
import { formatCount } from "@/lib/format";
import { Button } from "@/ui/button";
import { IconButton } from "@/ui/icon-button";
import { Tooltip } from "@/ui/tooltip";
import type { ActionId } from "../keys/actions";
import type { ListSearch } from "../search";

interface TopBarProps {
  datasetName: string;
  list: ListSearch;
  filename: string;
  folder: string | null;
  /** Where the image is in the gallery's list, where that is known. */
  position: { index: number; total: number | null } | null;
  isReview: boolean;
  isReadOnly: boolean;
  canUndo: boolean;
  canRedo: boolean;
  hasPrevious: boolean;
  hasNext: boolean;
  isPanelOpen: boolean;
  run: (action: ActionId) => void;
  keyFor: (action: ActionId) => string;
  saveState: ReactNode;
  status: ReactNode;
}

const TOUCH = "pointer-coarse:size-10";

export function TopBar(props: TopBarProps) {
  const { run, keyFor, position } = props;
  return (
    <header className="flex h-12 shrink-0 items-center gap-0.5 border-line border-b bg-surface px-2">
      <BackLink {...props} />
      <div className="flex min-w-20 max-w-80 shrink items-baseline gap-2 px-1 max-lg:max-w-48">
        <h1
          className="truncate font-medium"
          title={`${props.folder ?? ""}/${props.filename}`.replace("//", "/")}
        >
          {props.filename}
        </h1>
        {position && (
          <span className="shrink-0 text-muted text-sm tabular-nums">
            {formatCount(position.index + 1)}
            {position.total !== null && ` of ${formatCount(position.total)}`}
          </span>
        )}
      </div>
      <IconButton
        label="Previous image"
        shortcut={keyFor("previous-image")}
        disabled={!props.hasPrevious}
        onClick={() => run("previous-image")}
        className={TOUCH}
      >
        <ChevronLeft />
      </IconButton>
      <IconButton
        label="Next image"
        shortcut={keyFor("next-image")}
        disabled={!props.hasNext}
        onClick={() => run("next-image")}
        className={TOUCH}
      >
        <ChevronRight />
      </IconButton>
      <div className="mx-1 h-5 w-px shrink-0 bg-line" />
      <div className="min-w-0 grow basis-0">{props.saveState}</div>
      <IconButton
        label="Undo"
        shortcut={keyFor("undo")}
        disabled={!props.canUndo}
        onClick={() => run("undo")}
        className={TOUCH}
      >
        <Undo2 />
      </IconButton>
      <IconButton
        label="Redo"
        shortcut={keyFor("redo")}
        disabled={!props.canRedo}
        onClick={() => run("redo")}
        className={TOUCH}
      >
        <Redo2 />
      </IconButton>
      <div className="hidden items-center lg:flex">
        <div className="mx-1 h-5 w-px bg-line" />
        <IconButton label="Zoom out" shortcut={keyFor("zoom-out")} onClick={() => run("zoom-out")}>
          <ZoomOut />
        </IconButton>
        <IconButton label="Zoom in" shortcut={keyFor("zoom-in")} onClick={() => run("zoom-in")}>
          <ZoomIn />
        </IconButton>
      </div>
      <IconButton
        label="Fit the image"
        shortcut={keyFor("zoom-fit")}
        onClick={() => run("zoom-fit")}
        className={TOUCH}
      >
        <Maximize />
      </IconButton>
      <IconButton
        label="All keys"
        shortcut={keyFor("show-keys")}
        onClick={() => run("show-keys")}
        className="max-lg:hidden"
      >
        <Keyboard />
      </IconButton>
      <IconButton
        label={props.isPanelOpen ? "Hide the side panel" : "Show the side panel"}
        shortcut={keyFor("toggle-panel")}
        isPressed={props.isPanelOpen}
        onClick={() => run("toggle-panel")}
        className={TOUCH}
      >
        <PanelRight />
      </IconButton>
      <div className="mx-1 h-5 w-px shrink-0 bg-line" />
      {props.status}
      {!props.isReadOnly && <Decision {...props} />}
    </header>
  );
}

function BackLink({ isReview, datasetName, list }: TopBarProps) {
  const back = isReview ? "Back to the review queue" : "Back to the gallery";
  const params = { name: datasetName };
  const className =
    "inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text pointer-coarse:size-10";
  const icon = <ArrowLeft aria-hidden="true" className="size-4" />;
  return (
    <Tooltip label={back}>
      {isReview ? (
        <Link to="/datasets/$name/review" params={params} aria-label={back} className={className}>
          {icon}
        </Link>
      ) : (
        <Link
          to="/datasets/$name"
          params={params}
          search={list as never}
          aria-label={back}
          className={className}
        >
          {icon}
        </Link>
      )}
    </Tooltip>
  );
}

/** What ends the work on an image: in review two buttons, else one. */
function Decision({ isReview, run, keyFor }: TopBarProps) {
  const buttons: ReadonlyArray<{ action: ActionId; label: string; hint: string; isMain: boolean }> = isReview
    ? [
        {
          action: "review-reject",
          label: "Reject",
          hint: "Back to be annotated, and on with the queue",
          isMain: false,
        },
        {
          action: "review-approve",
          label: "Approve",
          hint: "Mark complete, and on to the next",
          isMain: true,
        },
      ]
    : [
        {
          action: "accept-next",
          label: "Accept & next",
          hint: "Mark complete, and on to the next",
          isMain: true,
        },
      ];
  return (
    <div className="flex shrink-0 gap-1.5 pl-1">
      {buttons.map((each) => (
        <Tooltip key={each.action} label={each.hint} shortcut={keyFor(each.action)}>
          <Button
            size="sm"
            variant={each.isMain ? "primary" : "secondary"}
            className="pointer-coarse:h-10"
            onClick={() => run(each.action)}
          >
            {each.label}
          </Button>
        </Tooltip>
      ))}
    </div>
  );
}
