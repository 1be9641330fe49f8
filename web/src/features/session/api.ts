/** Who is signed in. */

import { queryOptions } from "@tanstack/react-query";
import { ApiProblem, api, unwrap } from "@/api/client";
import type { SessionAnswer } from "@/api/schema";

export type Session = SessionAnswer;

/** The session, or null for somebody who is not signed in. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: 60_000,
  queryFn: async (): Promise<Session | null> => {
    try {
      return (await unwrap(api.GET("/api/v1/session"))).session;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) return null;
      throw error;
    }
  },
});

export async function signOut(): Promise<void> {
  await unwrap(api.DELETE("/api/v1/session"));
}

export async function switchOrganization(organizationId: string): Promise<Session> {
  const answer = await unwrap(api.PATCH("/api/v1/session", { body: { organization_id: organizationId } }));
  return answer.session;
}
