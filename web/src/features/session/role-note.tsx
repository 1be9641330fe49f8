import { Lock } from "lucide-react";
import { type Role, useSession } from "./use-session";

interface RoleNoteProps {
  /** The least role that may. */
  needs: Role;
  /** Begins the sentence: "Inviting people". */
  what: string;
}

/** Says why there is no button: stands where it would be for people with a higher role. */
export function RoleNote({ needs, what }: RoleNoteProps) {
  const { organization } = useSession();
  return (
    <p className="flex items-center gap-1.5 text-muted text-xs">
      <Lock aria-hidden="true" className="size-3.5 shrink-0" />
      {what} needs the role {needs}; yours is {organization.role}.
    </p>
  );
}
