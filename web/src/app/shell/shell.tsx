/** The navigation beside every page, and what goes on in the background. */

import { Outlet } from "@tanstack/react-router";
import { useJobNotifications } from "@/features/jobs/hooks/use-job-notifications";
import { UploadTray } from "@/features/uploads/components/upload-tray";
import { useStored } from "@/lib/storage";
import { Sidebar } from "./sidebar";

export function Shell() {
  useJobNotifications();
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
      <UploadTray />
    </div>
  );
}
