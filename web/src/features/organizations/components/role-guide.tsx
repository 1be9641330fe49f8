import { ROLE_MAY, ROLES } from "../roles";

/** What each role may do; each includes those before it. */
export function RoleGuide() {
  return (
    <section aria-labelledby="roles" className="mt-6 max-w-3xl">
      <h2 id="roles" className="mb-2 font-semibold text-base">
        What each role may do
      </h2>
      <dl className="divide-y divide-line rounded-lg border border-line bg-surface">
        {ROLES.map((role) => (
          <div key={role} className="flex gap-4 px-4 py-2.5 text-sm">
            <dt className="w-20 shrink-0 font-medium capitalize">{role}</dt>
            <dd className="text-muted">{ROLE_MAY[role]}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
