/** Whether the canvas has its ring: only where somebody came to it, or goes about in it, with the keyboard. */
import { type FocusEvent, type KeyboardEvent, useRef, useState } from "react";

/** The page gives the canvas the focus so that keys work; browsers take that for the keyboard's doing and would show a ring. */
export function useFocusRing() {
  const [hasRing, setRing] = useState(false);
  const isGiven = useRef(false);
  const wasAway = useRef(false);
  return {
    hasRing,
    /** Give an element the focus; `isByKey`: somebody pressed a key to get there. */
    give(element: HTMLElement, isByKey: boolean) {
      if (document.activeElement === element) {
        if (isByKey) setRing(true);
        return;
      }
      isGiven.current = !isByKey;
      element.focus({ preventScroll: true });
      isGiven.current = false;
      if (isByKey) setRing(true);
    },
    handlers: {
      onFocus(event: FocusEvent<HTMLElement>) {
        // Back from another window: as it was.
        if (wasAway.current) wasAway.current = false;
        else setRing(!isGiven.current && event.currentTarget.matches(":focus-visible"));
      },
      onBlur(event: FocusEvent<HTMLElement>) {
        wasAway.current = document.activeElement === event.currentTarget;
        if (!wasAway.current) setRing(false);
      },
      onKeyDown(event: KeyboardEvent<HTMLElement>) {
        if (event.key === "Tab") setRing(true);
      },
      onPointerDown() {
        setRing(false);
      },
    },
  };
}
