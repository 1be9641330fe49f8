import { type Ref, useImperativeHandle, useRef } from "react";
import type { ImagePoint } from "@/canvas/math/point";

export interface StatusLineHandle {
  /** Without a render: the pointer moves often. */
  point: (at: ImagePoint | null) => void;
  zoom: (scale: number) => void;
}

/** What can be done now, where the pointer is, and how large the image is shown. */
export function StatusLine({ hint, ref }: { hint: string; ref: Ref<StatusLineHandle> }) {
  const place = useRef<HTMLSpanElement>(null);
  const scale = useRef<HTMLSpanElement>(null);
  useImperativeHandle(
    ref,
    () => ({
      point: (at) => {
        if (place.current) place.current.textContent = at ? `${Math.round(at.x)}, ${Math.round(at.y)}` : "";
      },
      zoom: (value) => {
        if (scale.current) scale.current.textContent = `${Math.round(value * 100)} %`;
      },
    }),
    [],
  );
  return (
    <div className="flex h-7 shrink-0 items-center gap-4 border-line border-t bg-surface px-3 text-muted text-xs">
      <span className="min-w-0 grow truncate">{hint}</span>
      <span ref={place} aria-hidden="true" className="shrink-0 tabular-nums" />
      <span ref={scale} className="w-12 shrink-0 text-right tabular-nums" />
    </div>
  );
}
