import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Check, ChevronsUpDown } from "lucide-react";
import { switchOrganization } from "@/features/session/api";
import { useSession } from "@/features/session/use-session";
import { Menu, MenuItem, MenuLabel } from "@/ui/menu";
import { notifyProblem } from "@/ui/toast";

/** Which organisation one looks at; a choice for people in several, a name for the others. */
export function OrganizationMenu({ isNarrow }: { isNarrow: boolean }) {
  const { account, organization } = useSession();
  const navigate = useNavigate();
  const queries = useQueryClient();
  if (isNarrow) return null;
  if (account.organizations.length < 2) {
    return (
      <p className="truncate px-4 pb-1 text-muted text-xs" title={organization.name}>
        {organization.name}
      </p>
    );
  }

  async function change(organizationId: string) {
    try {
      await switchOrganization(organizationId);
      // Everything known so far is another organisation's.
      await navigate({ to: "/" });
      await queries.resetQueries();
    } catch (problem) {
      notifyProblem("The organization could not be changed", problem);
    }
  }

  return (
    <div className="px-2 pb-1">
      <Menu
        align="start"
        trigger={
          <button
            type="button"
            className="flex h-8 w-full items-center gap-2 rounded-md px-2 text-muted text-xs hover:bg-hover"
          >
            <span className="min-w-0 grow truncate text-left">{organization.name}</span>
            <ChevronsUpDown aria-hidden="true" className="size-3.5" />
          </button>
        }
      >
        <MenuLabel>Organizations</MenuLabel>
        {account.organizations.map((each) => (
          <MenuItem
            key={each.organization_id}
            icon={
              each.organization_id === organization.organization_id ? <Check /> : <span className="size-4" />
            }
            onSelect={() => void change(each.organization_id)}
          >
            {each.name}
          </MenuItem>
        ))}
      </Menu>
    </div>
  );
}
