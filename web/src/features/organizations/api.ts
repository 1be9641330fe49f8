/** The organization: its name and limits, its people, their invites, its API keys and what was done in it. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type {
  ApiKey,
  AuditEntry,
  AuditPage,
  CreatedApiKey,
  Organization,
  OrganizationInvite,
  OrganizationMember,
  PasswordLink,
} from "@/api/schema";

export type {
  ApiKey,
  AuditEntry,
  CreatedApiKey,
  Organization,
  OrganizationInvite,
  OrganizationMember,
  PasswordLink,
};

const ORGANIZATIONS = "/api/v1/developer/organizations";

export const organizationKeys = {
  all: ["organization"] as const,
  me: ["organization", "me"] as const,
  members: ["organization", "members"] as const,
  invites: ["organization", "invites"] as const,
  apiKeys: ["organization", "api-keys"] as const,
  audit: ["organization", "audit"] as const,
};

export const organizationQuery = queryOptions({
  queryKey: organizationKeys.me,
  queryFn: async ({ signal }): Promise<Organization> =>
    (await unwrap(api.GET(`${ORGANIZATIONS}/me`, { signal }))).organization,
});

export async function renameOrganization(name: string): Promise<Organization> {
  return (await unwrap(api.PATCH(`${ORGANIZATIONS}/me`, { body: { name } }))).organization;
}

export const membersQuery = queryOptions({
  queryKey: organizationKeys.members,
  queryFn: async ({ signal }): Promise<OrganizationMember[]> =>
    (await unwrap(api.GET(`${ORGANIZATIONS}/members`, { signal }))).members,
});

export async function changeRole(memberId: string, role: OrganizationMember["role"]): Promise<void> {
  const path = { member_id: memberId };
  await unwrap(api.PATCH(`${ORGANIZATIONS}/members/{member_id}`, { params: { path }, body: { role } }));
}

export async function removeMember(memberId: string): Promise<void> {
  const path = { member_id: memberId };
  await unwrap(api.DELETE(`${ORGANIZATIONS}/members/{member_id}`, { params: { path } }));
}

/** Make a link with which a member sets a new password: mailed to them, or in the answer to be handed on. */
export async function makePasswordLink(memberId: string): Promise<PasswordLink> {
  const path = { member_id: memberId };
  const call = api.POST(`${ORGANIZATIONS}/members/{member_id}/password-link`, { params: { path } });
  return (await unwrap(call)).password_link;
}

export const invitesQuery = queryOptions({
  queryKey: organizationKeys.invites,
  queryFn: async ({ signal }): Promise<OrganizationInvite[]> =>
    (await unwrap(api.GET(`${ORGANIZATIONS}/invites`, { signal }))).invites,
});

/** Invite an address. The link is in this answer only, and not where the server has mailed it. */
export async function invite(email: string, role: OrganizationInvite["role"]): Promise<OrganizationInvite> {
  return (await unwrap(api.POST(`${ORGANIZATIONS}/invites`, { body: { email, role } }))).invite;
}

export async function revokeInvite(inviteId: string): Promise<void> {
  const path = { invite_id: inviteId };
  await unwrap(api.DELETE(`${ORGANIZATIONS}/invites/{invite_id}`, { params: { path } }));
}

export const apiKeysQuery = queryOptions({
  queryKey: organizationKeys.apiKeys,
  queryFn: async ({ signal }): Promise<ApiKey[]> =>
    (await unwrap(api.GET("/api/v1/api-keys/", { signal }))).api_keys,
});

export interface NewApiKey {
  organization_id: string;
  name: string;
  role: ApiKey["role"];
  rate_limit?: number;
  expires_at?: string;
}

/** Make a key. Its secret is in this answer only. */
export async function createApiKey(key: NewApiKey): Promise<CreatedApiKey> {
  return unwrap(api.POST("/api/v1/api-keys/", { body: key }));
}

export async function updateApiKey(
  keyId: string,
  changes: { name?: string; rate_limit?: number; is_active?: boolean },
): Promise<ApiKey> {
  const path = { key_id: keyId };
  return (await unwrap(api.PATCH("/api/v1/api-keys/{key_id}", { params: { path }, body: changes }))).api_key;
}

export async function deleteApiKey(keyId: string): Promise<void> {
  await unwrap(api.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id: keyId } } }));
}

export interface AuditFilter {
  /** A noun, `member`, or one action, `member.removed`. */
  action?: string;
  actor_id?: string;
  subject_id?: string;
  /** The first moment, and the first one that is too late. */
  since?: string;
  until?: string;
}

const AUDIT_PAGE = 100;

/** What was done, newest first, page by page. */
export function auditQuery(filter: AuditFilter) {
  return infiniteQueryOptions({
    queryKey: [...organizationKeys.audit, filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }): Promise<AuditPage> =>
      unwrap(
        api.GET("/api/v1/developer/audit", {
          params: { query: { ...filter, cursor: pageParam, limit: AUDIT_PAGE } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}
