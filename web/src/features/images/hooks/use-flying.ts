/** Whether somebody scrolls so fast that nobody could see a picture: then none is drawn. */

import { type RefObject, useEffect, useState } from "react";

/** Pixels a millisecond: some three rows of images in a frame. */
const FAST = 10;
const SLOW_FOR_MS = 90;

export function useFlying(scroller: RefObject<HTMLElement | null>): boolean {
  const [isFlying, setIsFlying] = useState(false);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let last = { at: performance.now(), top: element.scrollTop };
    let timer = 0;
    const look = () => {
      const now = { at: performance.now(), top: element.scrollTop };
      const passed = now.at - last.at;
      // Two events may come in one frame.
      if (passed < 4) return;
      const speed = Math.abs(now.top - last.top) / passed;
      last = now;
      // A jump is one step; after it people want to see where they are.
      if (speed < FAST || passed > 100) return;
      setIsFlying(true);
      window.clearTimeout(timer);
      timer = window.setTimeout(() => setIsFlying(false), SLOW_FOR_MS);
    };
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      element.removeEventListener("scroll", look);
      window.clearTimeout(timer);
    };
  }, [scroller]);
  return isFlying;
}
