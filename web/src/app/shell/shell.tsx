/** The navigation beside a page. */

import { Outlet } from "@tanstack/react-router";
import { useStored } from "@/lib/storage";
import { Sidebar } from "./sidebar";

export function Shell() {
  const [isNarrow, setIsNarrow] = useStored("sidebar.narrow", window.innerWidth < 1100);
  return (
    <div className="flex h-full">
      <a
        href="#content"
        className="sr-only z-50 rounded bg-surface px-3 py-2 focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        To the content
      </a>
      <Sidebar isNarrow={isNarrow} onToggle={() => setIsNarrow(!isNarrow)} />
      <main id="content" tabIndex={-1} className="min-w-0 grow overflow-y-auto outline-none">
        <Outlet />
      </main>
    </div>
  );
}
