import { useMutation, useQueryClient } from "@tanstack/react-query";
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
      notify({ title: "Your profile is saved" });
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
