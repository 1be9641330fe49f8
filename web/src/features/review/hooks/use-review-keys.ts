/** One key for each thing a reviewer does. */

import { useLayoutEffect, useRef } from "react";

export type ReviewKey = "accept" | "reject" | "fix" | "undo" | "skip" | "before" | "note" | "fit" | "keys";

export const REVIEW_KEYS: Readonly<Record<ReviewKey, string>> = {
  accept: "Y",
  fix: "E",
  reject: "X",
  undo: "Z",
  skip: "S",
  before: "B",
  note: "N",
  fit: "0",
  keys: "?",
};

export const KEY_WORDS: Readonly<Record<ReviewKey, string>> = {
  accept: "Accept: the image is complete",
  fix: "Fix: open it in the editor, and come back",
  reject: "Reject: give it back to those who annotate",
  undo: "Take the last verdict back",
  skip: "Skip it for now",
  note: "Write a note, kept with the verdict",
  before: "What was there before, and back",
  fit: "Fit the image into the window",
  keys: "Show these keys",
};

/** Call the handler of a key that is pressed anywhere on the page, but for where somebody writes. */
export function useReviewKeys(handlers: Partial<Record<ReviewKey, () => void>>): void {
  const latest = useRef(handlers);
  // With the picture, not after it: a key that is pressed as soon as an image is seen means that image, not the last.
  useLayoutEffect(() => {
    latest.current = handlers;
  });
  useLayoutEffect(() => {
    function onKey(event: KeyboardEvent) {
      const wanted = keyOf(event);
      const handle = wanted && latest.current[wanted];
      if (!handle || isElsewhere(event)) return;
      event.preventDefault();
      handle();
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

export function keyOf(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "repeat">,
): ReviewKey | null {
  // A key that is held must not decide about ten images.
  if (event.repeat || event.altKey) return null;
  const isUndo = event.key.toLowerCase() === "z";
  if ((event.ctrlKey || event.metaKey) && !isUndo) return null;
  const found = Object.entries(REVIEW_KEYS).find(([, key]) => key === event.key.toUpperCase());
  return (found?.[0] as ReviewKey | undefined) ?? null;
}

function isElsewhere(event: KeyboardEvent): boolean {
  if (event.defaultPrevented) return true;
  const target = event.target as HTMLElement | null;
  return Boolean(target?.closest("input, textarea, select, [contenteditable], [role=dialog], [role=menu]"));
}
