/** Who is signed in, and the ways to sign in. */

import { queryOptions } from "@tanstack/react-query";
import { ApiProblem, api, unwrap } from "@/api/client";
import type { Registration, SessionAnswer, SignInOptions } from "@/api/schema";

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

/** Whether anybody may make an account here, and whether letters are sent. */
export const signInOptionsQuery = queryOptions({
  queryKey: ["sign-in-options"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: (): Promise<SignInOptions> => unwrap(api.GET("/api/v1/session/options")),
});

export async function signIn(email: string, password: string): Promise<Session> {
  return (await unwrap(api.POST("/api/v1/session", { body: { email, password } }))).session;
}

export async function register(registration: Registration): Promise<Session> {
  return (await unwrap(api.POST("/api/v1/account/register", { body: registration }))).session;
}

/** Have a link to set a new password mailed to an address; says the same whether or not there is such an account. */
export async function askForPasswordLink(email: string): Promise<string> {
  const answer = await unwrap(api.POST("/api/v1/account/password-link", { body: { email } }));
  return answer.detail ?? "A letter with a link is on its way.";
}

export async function signOut(): Promise<void> {
  await unwrap(api.DELETE("/api/v1/session"));
}

export async function switchOrganization(organizationId: string): Promise<Session> {
  const answer = await unwrap(api.PATCH("/api/v1/session", { body: { organization_id: organizationId } }));
  return answer.session;
}
