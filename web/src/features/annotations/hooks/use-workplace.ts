import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSession } from "@/features/session/use-session";
import { IndexedDrafts } from "../journal/indexed-db";
import type { Workplace } from "../saving/open-editing";
import { Tabs } from "../saving/tabs";

// One for the page: every image's drafts and what other tabs say go through them.
let shared: Pick<Workplace, "drafts" | "tabs"> | null = null;

export function useWorkplace(): Workplace {
  const queryClient = useQueryClient();
  const { account, organization } = useSession();
  return useMemo(() => {
    shared ??= { drafts: new IndexedDrafts(), tabs: new Tabs() };
    return {
      ...shared,
      queryClient,
      place: `${location.origin}|${organization.organization_id}`,
      me: `user:${account.id}`,
    };
  }, [queryClient, organization.organization_id, account.id]);
}
