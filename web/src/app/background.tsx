/** What goes on behind every page of somebody who is signed in, also where the page has the whole window. */

import { useMatches } from "@tanstack/react-router";
import { useJobNotifications } from "@/features/jobs/hooks/use-job-notifications";
import { UploadTray } from "@/features/uploads/components/upload-tray";

/** `shellId`: the route of the pages with the navigation beside them; on others the tray is a small sign. */
export function Background({ shellId }: { shellId: string }) {
  useJobNotifications();
  const isInShell = useMatches({ select: (matches) => matches.some((each) => each.routeId === shellId) });
  return <UploadTray isSmall={!isInShell} />;
}
