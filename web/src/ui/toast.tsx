/** Short notices at the lower edge: `notify({ title })` from anywhere; `<Toaster/>` stands once in the shell. */

import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { type ReactNode, useSyncExternalStore } from "react";

type ToastTone = "ok" | "danger" | "info";

export interface Notice {
  title: string;
  detail?: ReactNode;
  tone?: ToastTone;
  /** One thing to do about it: `Undo`, `Show`. */
  action?: { label: string; onSelect: () => void };
  /** How long it stays, milliseconds; with an action, longer by default. */
  durationMs?: number;
}

interface Shown extends Notice {
  id: number;
}

let shown: readonly Shown[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: readonly Shown[]) {
  shown = next;
  for (const listener of listeners) listener();
}

export function notify(notice: Notice): void {
  set([...shown.slice(-3), { ...notice, id: nextId++ }]);
}

/** Tell a problem that no place on the page can tell. */
export function notifyProblem(title: string, problem: unknown): void {
  notify({
    title,
    detail: problem instanceof Error ? problem.message : String(problem),
    tone: "danger",
    durationMs: 12_000,
  });
}

const ICONS: Record<ToastTone, ReactNode> = {
  ok: <CircleCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-ok" />,
  danger: <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-danger" />,
  info: <Info aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-info" />,
};

export function Toaster() {
  const notices = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
  return (
    <Radix.Provider swipeDirection="right">
      {notices.map((notice) => (
        <Radix.Root
          key={notice.id}
          duration={notice.durationMs ?? (notice.action ? 8000 : 5000)}
          onOpenChange={(isOpen) => !isOpen && set(shown.filter((each) => each.id !== notice.id))}
          className="flex items-start gap-2.5 rounded-lg border border-line bg-surface p-3 text-sm shadow-float"
        >
          {ICONS[notice.tone ?? "ok"]}
          <div className="min-w-0 grow break-words">
            <Radix.Title className="font-medium">{notice.title}</Radix.Title>
            {notice.detail && <Radix.Description className="text-muted">{notice.detail}</Radix.Description>}
          </div>
          {notice.action && (
            <Radix.Action
              altText={notice.action.label}
              onClick={notice.action.onSelect}
              className="min-h-6 shrink-0 rounded px-1.5 font-medium text-accent hover:bg-hover"
            >
              {notice.action.label}
            </Radix.Action>
          )}
          <Radix.Close
            aria-label="Dismiss"
            className="flex size-6 shrink-0 items-center justify-center rounded text-muted hover:bg-hover"
          >
            <X className="size-3.5" />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-4 bottom-4 z-50 flex w-96 max-w-[calc(100vw-2rem)] flex-col gap-2" />
    </Radix.Provider>
  );
}
