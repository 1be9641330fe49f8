/** One's own account: profile, password, and where one is signed in. */

import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Account, AccountUpdate, SessionEntry } from "@/api/schema";

export type { Account, AccountUpdate, SessionEntry };

/** What is absent stays. Address and password need `current_password` where there is one. */
export async function updateAccount(changes: AccountUpdate): Promise<Account> {
  return (await unwrap(api.PATCH("/api/v1/account", { body: changes }))).account;
}

/** Delete one's account and leave every organization; signs out. */
export async function deleteAccount(currentPassword: string | undefined): Promise<void> {
  await unwrap(api.POST("/api/v1/account/delete", { body: { current_password: currentPassword } }));
}

export const sessionsQuery = queryOptions({
  queryKey: ["account", "sessions"],
  queryFn: async ({ signal }): Promise<SessionEntry[]> =>
    (await unwrap(api.GET("/api/v1/account/sessions", { signal }))).sessions,
});

export async function endSession(sessionId: string): Promise<void> {
  const path = { session_id: sessionId };
  await unwrap(api.DELETE("/api/v1/account/sessions/{session_id}", { params: { path } }));
}

/** Sign out everywhere else; returns how many sessions ended. */
export async function endOtherSessions(): Promise<number> {
  return (await unwrap(api.DELETE("/api/v1/account/sessions"))).ended;
}
