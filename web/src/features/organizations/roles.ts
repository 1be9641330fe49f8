/** What each role may do, as people read it who decide on one. */

import type { Role } from "@/features/session/use-session";

export const ROLES = ["viewer", "member", "admin", "owner"] as const satisfies readonly Role[];

export const ROLE_MAY: Record<Role, string> = {
  viewer: "Looks at everything and downloads it: datasets, exports, models, credits.",
  member: "Also uploads, annotates, reviews, labels automatically, trains and exports.",
  admin: "Also deletes for good, invites and removes people, makes API keys and reads the audit log.",
  owner: "Also makes owners and takes that role away. There is always at least one.",
};

/** The roles that somebody may hand out: none above their own. */
export function rolesUpTo(own: Role): readonly Role[] {
  return ROLES.slice(0, ROLES.indexOf(own) + 1);
}

export function isAbove(role: Role, own: Role): boolean {
  return ROLES.indexOf(role) > ROLES.indexOf(own);
}
