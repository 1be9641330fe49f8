/** Keys of the whole editor: the tool at work comes first, then what the person's key map says. */

import { type RefObject, useEffect, useRef } from "react";
import type { AnnotationCanvasHandle } from "@/canvas/canvas-props";
import type { ActionId } from "../keys/actions";
import { comboOf } from "../keys/combo";
import { actionFor, type KeySettings } from "../keys/key-map";

interface Keys {
  settings: KeySettings;
  isReview: boolean;
  canvas: RefObject<AnnotationCanvasHandle | null>;
  /** F6 leads from the image to the panel and back. */
  toPanel: () => void;
  /** Returns whether it meant something now. */
  run: (action: ActionId) => boolean;
}

const CANVAS = '[role="application"]';
const OVERLAYS = '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]';
const CONTROLS =
  'button, a, select, input, summary, [role="slider"], [role="radio"], [role="option"], [role="switch"], [role="tab"]';
/** What a focused control does with by itself. */
const CONTROL_KEYS = new Set([
  "Enter",
  " ",
  "Tab",
  "Shift+Tab",
  "ArrowLeft",
  "ArrowRight",
  "ArrowUp",
  "ArrowDown",
]);

export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      const { settings, isReview, canvas, toPanel, run } = latest.current;
      const combo = comboOf(event);
      const target = event.target instanceof HTMLElement ? event.target : document.body;
      if (combo === null || event.defaultPrevented || event.isComposing || target.closest(OVERLAYS)) return;
      const isOnStage = target.closest(CANVAS) !== null;
      const action = actionFor(settings, combo, isReview);
      if (combo === "F6") {
        event.preventDefault();
        if (isOnStage) toPanel();
        else canvas.current?.focus(true);
        return;
      }
      if (isTextField(target) && !action?.worksInFields) return;
      if (!isOnStage) {
        if (target.closest(CONTROLS) && CONTROL_KEYS.has(combo)) return;
        // Tab leads through the page, and through the annotations only on the image.
        if (combo === "Tab" || combo === "Shift+Tab") return;
        if (!isTextField(target) && canvas.current?.key(event)) {
          event.preventDefault();
          return;
        }
      }
      if (action && run(action.id)) event.preventDefault();
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

function isTextField(target: HTMLElement): boolean {
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  return (
    target instanceof HTMLInputElement &&
    !["checkbox", "radio", "range", "button", "submit"].includes(target.type)
  );
}
