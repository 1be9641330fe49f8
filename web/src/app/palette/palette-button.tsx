import { Search } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { cx } from "@/lib/class-names";
import { Kbd } from "@/ui/kbd";
import { Tooltip } from "@/ui/tooltip";

// Loaded when it is first opened.
const Palette = lazy(() => import("./palette").then((module) => ({ default: module.Palette })));

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);
const KEYS = IS_MAC ? "⌘ K" : "Ctrl K";

/** Opens the palette; Ctrl+K or Cmd+K does so from everywhere on pages with the navigation. */
export function PaletteButton({ isNarrow }: { isNarrow: boolean }) {
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      if (event.key.toLowerCase() !== "k") return;
      // Browsers search with it.
      event.preventDefault();
      setIsOpen((before) => !before);
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
  const button = (
    <button
      type="button"
      aria-label={isNarrow ? "Go to" : undefined}
      aria-keyshortcuts="Control+K Meta+K"
      onClick={() => setIsOpen(true)}
      className={cx(
        "mb-2 flex h-8 shrink-0 items-center gap-2.5 rounded-md border border-line bg-canvas text-muted text-sm hover:border-line-strong hover:text-text",
        isNarrow ? "justify-center" : "px-2.5",
      )}
    >
      <Search aria-hidden="true" className="size-4 shrink-0" />
      {!isNarrow && (
        <>
          <span className="grow text-left">Go to…</span>
          <Kbd>{KEYS}</Kbd>
        </>
      )}
    </button>
  );
  return (
    <>
      {isNarrow ? (
        <Tooltip label="Go to" shortcut={KEYS} side="right">
          {button}
        </Tooltip>
      ) : (
        button
      )}
      {isOpen && (
        <Suspense fallback={null}>
          <Palette onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
