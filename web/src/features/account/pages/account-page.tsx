import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useSession } from "@/features/session/use-session";
import { Page } from "@/ui/page";
import { sessionsQuery } from "../api";
import { DeleteAccountCard } from "../components/delete-account-card";
import { KeyboardCard } from "../components/keyboard-card";
import { PasswordCard } from "../components/password-card";
import { ProfileCard } from "../components/profile-card";
import { SessionsCard } from "../components/sessions-card";

export function AccountPage() {
  const { account } = useSession();
  const sessions = useQuery(sessionsQuery);
  const places = account.organizations.map((each) => `${each.role} of ${each.name}`).join(", ");
  return (
    <Page title="Account" description={<span className="break-words">You are {places}.</span>}>
      {!account.has_password && (
        <p className="mb-4 flex items-start gap-2.5 rounded-md bg-info-soft px-3 py-2.5 text-sm">
          <KeyRound aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-info" />
          You came in with a link. Set{" "}
          {account.email === null ? "an e-mail address and a password" : "a password"} below, and you will not
          need another one.
        </p>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="grid gap-4">
          {!account.has_password && <PasswordCard account={account} />}
          {/* Named anew when the address was set beside it. */}
          <ProfileCard key={account.email} account={account} />
          {account.has_password && <PasswordCard account={account} />}
        </div>
        <div className="grid gap-4">
          <SessionsCard />
          {/* Below a list of any length: they come with the list. */}
          {!sessions.isPending && <KeyboardCard />}
          {!sessions.isPending && <DeleteAccountCard account={account} />}
        </div>
      </div>
    </Page>
  );
}
