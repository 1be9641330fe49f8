/** The organization's pages under one head, with a tab for each. */

import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { plural } from "@/lib/format";
import { Page } from "@/ui/page";
import { TabList, tabClass } from "@/ui/tabs";
import { organizationQuery } from "../api";

const TABS = [
  { to: "/organization", label: "Settings" },
  { to: "/organization/members", label: "Members" },
  { to: "/organization/invites", label: "Invites" },
  { to: "/organization/api-keys", label: "API keys" },
  { to: "/organization/audit", label: "Audit log" },
] as const;

export function OrganizationLayout() {
  const { data: organization } = useSuspenseQuery(organizationQuery);
  const path = useLocation({ select: (location) => location.pathname.replace(/\/$/, "") });
  const open = TABS.find((tab) => tab.to === path) ?? TABS[0];
  const pending = organization.pending_invite_count;
  return (
    <Page
      title={`${open.label} of the organization`}
      heading={organization.name}
      description={
        plural(organization.member_count, "member") + (pending ? `, ${plural(pending, "open invite")}` : "")
      }
    >
      <TabList label="Organization">
        {TABS.map((tab) => (
          <Link
            key={tab.to}
            to={tab.to}
            className={tabClass(tab === open)}
            aria-current={tab === open ? "page" : undefined}
          >
            {tab.label}
          </Link>
        ))}
      </TabList>
      <div className="pt-5">
        <Outlet />
      </div>
    </Page>
  );
}
