/** What keys and buttons do, one function for all of them. */

import { type RefObject, useRef } from "react";
import type { AnnotationCanvasHandle } from "@/canvas/canvas-props";
import { acceptShapes, duplicateAnnotations, removeAnnotations, setClass } from "@/canvas/commands";
import { boxUnion } from "@/canvas/math/box";
import type { Size } from "@/canvas/math/point";
import {
  type Annotation,
  type Command,
  findAnnotation,
  isClickable,
  NOTHING_SELECTED,
  newId,
  type Selection,
  type Shape,
  selectedAnnotations,
} from "@/canvas/scene";
import { boundsOf } from "@/canvas/shape";
import type { ActionId } from "../keys/actions";
import type { Editing } from "../saving/editing";
import { type EditorTool, RAIL_TOOLS } from "../tools";
import type { EditorView } from "./use-editor-view";

export interface EditorContext {
  editing: Editing;
  view: EditorView;
  canvas: RefObject<AnnotationCanvasHandle | null>;
  imageSize: Size;
  isReadOnly: boolean;
  classes: readonly string[];
  className: string;
  preview: readonly Shape[];
  commit: (command: Command) => void;
  clearQuestion: () => void;
  nextImage: () => void;
  previousImage: () => void;
  /** Sets the status; with `andNext`, goes on at once while it is being set. */
  finish: (status: "complete" | "review" | "annotate", andNext: boolean) => void;
  isReview: boolean;
  decide: (verdict: "accept" | "reject") => void;
  copyPrevious: () => void;
  focusClasses: () => void;
  focusTool: (tool: EditorTool) => void;
  showKeys: () => void;
  announce: (words: string) => void;
}

const TOOLS = new Map(RAIL_TOOLS.map((each) => [each.action, each.id]));
const COPY_OFFSET = 12;

/** Return the function that does an action, the same one all the time; it tells whether the action meant something. */
export function useEditorActions(context: EditorContext): (action: ActionId) => boolean {
  const latest = useRef(context);
  latest.current = context;
  const run = useRef((action: ActionId) => runAction(action, latest.current));
  return run.current;
}

function runAction(action: ActionId, context: EditorContext): boolean {
  const tool = TOOLS.get(action);
  if (tool !== undefined) return chooseTool(tool, context);
  if (action.startsWith("class-")) return pickClass(Number(action.slice("class-".length)) - 1, context);
  const { view, canvas } = context;
  switch (action) {
    case "next-image":
      context.nextImage();
      return true;
    case "previous-image":
      context.previousImage();
      return true;
    case "repeat-tool":
      return chooseTool(view.lastTool, context);
    case "pick-class":
      context.focusClasses();
      return true;
    case "show-keys":
      context.showKeys();
      return true;
    case "save-now":
      void context.editing.saver.flush();
      return true;
    case "zoom-in":
      canvas.current?.zoomBy(1.25);
      return true;
    case "zoom-out":
      canvas.current?.zoomBy(0.8);
      return true;
    case "zoom-fit":
      canvas.current?.fit();
      return true;
    case "zoom-actual":
      canvas.current?.zoomToActualSize();
      return true;
    case "zoom-selection":
      return zoomToSelection(context);
    case "toggle-panel":
      view.setSettings({ isPanelOpen: !view.settings.isPanelOpen });
      return true;
    case "toggle-history":
      view.setSettings({ isPanelOpen: true });
      view.setTab(view.tab === "history" ? "annotate" : "history");
      return true;
    case "select-all":
      view.select(new Set(clickable(context).map((each) => each.id)));
      return true;
    case "next-annotation":
      return cycle(1, context);
    case "previous-annotation":
      return cycle(-1, context);
    case "hide":
      if (view.selection.size > 0) view.toggleHidden(view.selection);
      return view.selection.size > 0;
    case "hide-all":
      view.toggleHidden(context.editing.scene.annotations.map((each) => each.id));
      return true;
    case "lock":
      if (view.selection.size > 0) view.toggleLocked(view.selection);
      return view.selection.size > 0;
    case "cancel":
      return cancel(context);
    default:
      return context.isReadOnly ? false : runEdit(action, context);
  }
}

/** Actions that change something. */
function runEdit(action: ActionId, context: EditorContext): boolean {
  const { editing, view } = context;
  const { scene } = editing;
  switch (action) {
    case "accept-next":
      if (context.isReview) context.decide("accept");
      else context.finish("complete", true);
      return true;
    case "review-approve":
      context.decide("accept");
      return true;
    case "review-reject":
      context.decide("reject");
      return true;
    case "mark-review":
      context.finish("review", false);
      return true;
    case "undo":
      return tell("Undone", editing.undo(), context);
    case "redo":
      return tell("Done again", editing.redo(), context);
    case "delete": {
      const ids = unlocked(context);
      if (ids.size === 0) return false;
      context.commit(removeAnnotations(scene, ids));
      view.select(NOTHING_SELECTED);
      return true;
    }
    case "duplicate": {
      const ids = unlocked(context);
      if (ids.size === 0) return false;
      const { command, selection } = duplicateAnnotations(scene, ids, COPY_OFFSET, context.imageSize, newId);
      context.commit(command);
      view.select(selection);
      return true;
    }
    case "copy-previous":
      context.copyPrevious();
      return true;
    case "accept-preview":
      return takePreview(context);
    default:
      return false;
  }
}

/** Make what the model proposes annotations. */
export function takePreview(context: EditorContext): boolean {
  if (context.preview.length === 0) return false;
  const { command, selection } = acceptShapes(
    context.editing.scene,
    context.preview,
    context.className,
    newId,
  );
  context.commit(command);
  context.view.select(selection);
  context.clearQuestion();
  return true;
}

function chooseTool(tool: EditorTool, { view, canvas, isReadOnly, focusTool }: EditorContext): boolean {
  if (isReadOnly && tool !== "select") return false;
  canvas.current?.cancel();
  view.setTool(tool);
  if (tool === "text" || tool === "tag") focusTool(tool);
  else canvas.current?.focus();
  return true;
}

function pickClass(index: number, context: EditorContext): boolean {
  const name = context.classes[index];
  if (name !== undefined) applyClass(name, context);
  return name !== undefined;
}

/**
 * The class of what is drawn next; with the select tool, also of what is selected.
 *
 * Not while drawing: what has just been drawn is selected then, and keeps its class.
 */
export function applyClass(name: string, context: EditorContext): void {
  const { view, editing, isReadOnly } = context;
  view.setClassName(name);
  const ids = unlocked(context);
  if (!isReadOnly && view.tool === "select" && ids.size > 0)
    context.commit(setClass(editing.scene, ids, name));
}

function zoomToSelection({ view, editing, canvas }: EditorContext): boolean {
  const [first, ...rest] = selectedAnnotations(editing.scene, view.selection).map(boundsOf);
  if (first === undefined) return false;
  canvas.current?.zoomToBox(rest.reduce(boxUnion, first));
  return true;
}

function cycle(step: 1 | -1, context: EditorContext): boolean {
  const { view, editing } = context;
  const all = clickable(context);
  if (all.length === 0) return false;
  const [selected] = view.selection;
  const at = selected === undefined ? -1 : all.findIndex((each) => each.id === selected);
  const next = all[(at + step + all.length + (at < 0 && step < 0 ? 1 : 0)) % all.length];
  if (next === undefined) return false;
  view.select(new Set([next.id]));
  const found = findAnnotation(editing.scene, next.id);
  if (found) context.announce(`${found.name}, ${all.indexOf(next) + 1} of ${all.length}`);
  return true;
}

/** Step by step: what is half drawn, the question, the selection, the tool. */
function cancel({ canvas, view, preview, clearQuestion }: EditorContext): boolean {
  if (canvas.current?.isBusy()) canvas.current.cancel();
  else if (preview.length > 0) clearQuestion();
  else if (view.selection.size > 0) view.select(NOTHING_SELECTED);
  else view.setTool("select");
  return true;
}

function clickable({ editing, view }: EditorContext): Annotation[] {
  return editing.scene.annotations.filter((each) => isClickable(each, view.visibility));
}

function unlocked({ editing, view }: EditorContext): Selection {
  const chosen = selectedAnnotations(editing.scene, view.selection);
  return new Set(chosen.filter((each) => isClickable(each, view.visibility)).map((each) => each.id));
}

function tell(done: string, label: string | null, { announce }: EditorContext): boolean {
  announce(label === null ? "Nothing to undo" : `${done}: ${label}`);
  return true;
}
