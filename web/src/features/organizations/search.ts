/** What the addresses of the organization's pages hold. */

export interface MembersSearch {
  /** Part of a name or an address. */
  q?: string;
}

export function membersSearch(search: Record<string, unknown>): MembersSearch {
  return { q: text(search.q) };
}

export interface AuditSearch {
  /** A noun or one action. */
  action?: string;
  actor?: string;
  /** Whose name is shown for the filter while no entry is. */
  actorName?: string;
  subject?: string;
  subjectName?: string;
  /** Days, both included: `2026-01-31`. */
  from?: string;
  to?: string;
}

export function auditSearch(search: Record<string, unknown>): AuditSearch {
  return {
    action: text(search.action),
    actor: text(search.actor),
    actorName: text(search.actorName),
    subject: text(search.subject),
    subjectName: text(search.subjectName),
    from: day(search.from),
    to: day(search.to),
  };
}

function text(value: unknown): string | undefined {
  // A name of digits alone comes out of the address as a number.
  const words = typeof value === "number" ? String(value) : value;
  return typeof words === "string" && words !== "" ? words : undefined;
}

function day(value: unknown): string | undefined {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined;
}
