/** What can be decided about the image, each with its key. */

import { Check, Pencil, SkipForward, Undo2, X } from "lucide-react";
import type { ReactNode, RefObject } from "react";
import { Button } from "@/ui/button";
import { CONTROL } from "@/ui/field";
import { IconButton } from "@/ui/icon-button";
import { Kbd } from "@/ui/kbd";
import { REVIEW_KEYS } from "../hooks/use-review-keys";

interface VerdictBarProps {
  isReady: boolean;
  /** The reviewer has edited it: accepting is recorded as a fix. */
  isEdited: boolean;
  canUndo: boolean;
  isUndoing: boolean;
  note: string;
  noteField: RefObject<HTMLInputElement | null>;
  onNote: (note: string) => void;
  onAccept: () => void;
  onFix: () => void;
  onReject: () => void;
  onSkip: () => void;
  onUndo: () => void;
}

export function VerdictBar(props: VerdictBarProps) {
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-line border-t bg-surface px-3 py-2">
      <IconButton
        label="Take the last verdict back"
        shortcut={REVIEW_KEYS.undo}
        disabled={!props.canUndo || props.isUndoing}
        onClick={props.onUndo}
        className="pointer-coarse:size-10"
      >
        <Undo2 />
      </IconButton>
      <IconButton
        label="Skip it for now"
        shortcut={REVIEW_KEYS.skip}
        disabled={!props.isReady}
        onClick={props.onSkip}
        className="pointer-coarse:size-10"
      >
        <SkipForward />
      </IconButton>
      <input
        ref={props.noteField}
        value={props.note}
        onChange={(event) => props.onNote(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" || event.key === "Enter") event.currentTarget.blur();
        }}
        maxLength={2000}
        disabled={!props.isReady}
        aria-label="Note on this image, kept with the verdict"
        placeholder={`Note, kept with the verdict (${REVIEW_KEYS.note})`}
        className={`${CONTROL} !w-auto h-8.5 min-w-40 grow basis-40`}
      />
      <div className="ml-auto flex gap-2">
        <Decision
          label="Reject"
          keyName={REVIEW_KEYS.reject}
          isReady={props.isReady}
          onClick={props.onReject}
        >
          <X aria-hidden="true" className="size-4 text-danger" />
        </Decision>
        <Decision label="Fix" keyName={REVIEW_KEYS.fix} isReady={props.isReady} onClick={props.onFix}>
          <Pencil aria-hidden="true" className="size-4 text-warn" />
        </Decision>
        <Button
          variant="primary"
          size="lg"
          disabled={!props.isReady}
          aria-keyshortcuts={REVIEW_KEYS.accept}
          onClick={props.onAccept}
        >
          <Check aria-hidden="true" className="size-4" />
          {props.isEdited ? "Accept the fix" : "Accept"}
          <Key>{REVIEW_KEYS.accept}</Key>
        </Button>
      </div>
    </div>
  );
}

interface DecisionProps {
  label: string;
  keyName: string;
  isReady: boolean;
  onClick: () => void;
  children: ReactNode;
}

function Decision({ label, keyName, isReady, onClick, children }: DecisionProps) {
  return (
    <Button size="lg" disabled={!isReady} aria-keyshortcuts={keyName} onClick={onClick}>
      {children}
      {label}
      <Key>{keyName}</Key>
    </Button>
  );
}

function Key({ children }: { children: string }) {
  return (
    <span aria-hidden="true" className="pointer-coarse:hidden">
      <Kbd>{children}</Kbd>
    </span>
  );
}
