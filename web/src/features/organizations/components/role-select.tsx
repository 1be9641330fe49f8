import { type Role, useSession } from "@/features/session/use-session";
import { SelectField } from "@/ui/field";
import { ROLE_MAY, rolesUpTo } from "../roles";

interface RoleSelectProps {
  label: string;
  value: Role;
  onChange: (role: Role) => void;
  /** Roles that cannot be given here at all. */
  without?: readonly Role[];
}

/** One of the roles that the person may hand out, and what it may do. */
export function RoleSelect({ label, value, onChange, without = [] }: RoleSelectProps) {
  const { organization } = useSession();
  const options = rolesUpTo(organization.role)
    .filter((role) => !without.includes(role))
    .map((role) => ({ value: role, label: role }));
  return (
    <SelectField
      label={label}
      hint={ROLE_MAY[value]}
      value={value}
      onChange={(role) => onChange(role as Role)}
      options={options}
    />
  );
}
