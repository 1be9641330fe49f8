import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, unwrap } from "@/api/client";
import type { People } from "../provenance";

const membersQuery = queryOptions({
  queryKey: ["annotations", "people"],
  staleTime: 5 * 60_000,
  queryFn: async ({ signal }): Promise<ReadonlyMap<string, string>> => {
    const { members } = await unwrap(api.GET("/api/v1/developer/organizations/members", { signal }));
    return new Map(
      members.map((each) => [`user:${each.user_id}`, each.full_name ?? each.email ?? "somebody"]),
    );
  },
});

/** The organisation's people by the names that provenance has for them. */
export function usePeople(me: string): People {
  const { data } = useQuery(membersQuery);
  return useMemo(() => ({ me, nameOf: (maker) => data?.get(maker) }), [me, data]);
}
