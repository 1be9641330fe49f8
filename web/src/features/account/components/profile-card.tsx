import { useMutation, useQueryClient } from "@tanstack/react-query";
import { MailQuestionMark } from "lucide-react";
import { useState } from "react";
import { sessionQuery } from "@/features/session/api";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Card, CardTitle } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { notify } from "@/ui/toast";
import { type Account, updateAccount } from "../api";

/** Name and e-mail address; changing the address takes the password. */
export function ProfileCard({ account }: { account: Account }) {
  const queries = useQueryClient();
  const [name, setName] = useState(account.full_name ?? "");
  const [email, setEmail] = useState(account.email ?? "");
  const [password, setPassword] = useState("");
  const changesEmail = email !== (account.email ?? "");
  const isChanged = changesEmail || name !== (account.full_name ?? "");
  const save = useMutation({
    mutationFn: () =>
      updateAccount({
        full_name: name || undefined,
        email: changesEmail ? email : undefined,
        current_password: changesEmail && password ? password : undefined,
      }),
    onSuccess: async (saved) => {
      setName(saved.full_name ?? "");
      setEmail(saved.email ?? "");
      setPassword("");
      notify({
        title: "Your profile is saved",
        detail: saved.pending_email ? `Open the link in the letter to ${saved.pending_email}.` : undefined,
      });
      await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
  return (
    <Card>
      <CardTitle>Profile</CardTitle>
      <form
        className="flex flex-col gap-3.5"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <TextField
          label="Name"
          autoComplete="name"
          maxLength={200}
          required
          hint="Stands beside everything you annotate, delete or start."
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label="E-mail"
          type="email"
          autoComplete="email"
          hint="Signs you in, together with your password."
          required={account.email !== null}
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        {changesEmail && account.has_password && (
          <TextField
            label="Your password"
            type="password"
            autoComplete="current-password"
            required
            hint="So that nobody else changes your address."
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
        {account.pending_email && (
          <p className="flex items-start gap-2 rounded-md bg-info-soft px-3 py-2 text-sm">
            <MailQuestionMark aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-info" />
            <span className="min-w-0 break-words">
              A letter went to {account.pending_email}. The address is yours once you open the link in it;
              until then the old one holds.
            </span>
          </p>
        )}
        {save.isError && <ProblemNote problem={save.error} />}
        <div>
          <Button type="submit" variant="primary" isBusy={save.isPending} disabled={!isChanged}>
            Save
          </Button>
        </div>
      </form>
    </Card>
  );
}
