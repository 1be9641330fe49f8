/** Times between frames, measured in the page from one call to the other. */
declare global {
  interface Window {
    frameTimes: { begin: () => void; end: () => number[] };
    isReady: boolean;
  }
}

let times: number[] = [];
let request = 0;

function tick(now: number): void {
  times.push(now);
  request = requestAnimationFrame(tick);
}

export function measureFrames(): void {
  window.frameTimes = {
    begin() {
      times = [];
      request = requestAnimationFrame(tick);
    },
    /** Milliseconds from frame to frame. */
    end() {
      cancelAnimationFrame(request);
      return times.slice(1).map((time, index) => time - (times[index] ?? time));
    },
  };
}
