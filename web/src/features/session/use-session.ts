import { useSuspenseQuery } from "@tanstack/react-query";
import { type Session, sessionQuery } from "./api";

const RANK = { viewer: 0, member: 1, admin: 2, owner: 3 };
export type Role = keyof typeof RANK;

/** The session of the person on a page behind sign-in. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data === null) throw new Error("This page is shown to people who signed in only.");
  return data;
}

/** Whether the person's role in the organisation they look at is at least this one. */
export function useMay(role: Role): boolean {
  return RANK[useSession().organization.role] >= RANK[role];
}
