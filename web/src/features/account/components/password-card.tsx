import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sessionQuery } from "@/features/session/api";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Card, CardTitle } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { notify } from "@/ui/toast";
import { type Account, sessionsQuery, updateAccount } from "../api";

/** Set or change the password. Who came by a link has none, and maybe no address either. */
export function PasswordCard({ account }: { account: Account }) {
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const save = useMutation({
    mutationFn: () =>
      updateAccount({
        email: account.email === null ? email : undefined,
        current_password: account.has_password ? current : undefined,
        new_password: next,
      }),
    onSuccess: async () => {
      setCurrent("");
      setNext("");
      notify({
        title: account.has_password ? "Your password is changed" : "You can sign in with it from now on",
        detail: "You were signed out everywhere else.",
      });
      await Promise.all([
        queries.invalidateQueries({ queryKey: sessionQuery.queryKey }),
        queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
      ]);
    },
  });
  return (
    <Card>
      <CardTitle>{account.has_password ? "Change the password" : "Set a password"}</CardTitle>
      <form
        className="flex flex-col gap-3.5"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        {account.email === null && (
          <TextField
            label="E-mail to sign in with"
            type="email"
            autoComplete="username"
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
        {account.has_password && (
          <TextField
            label="Current password"
            type="password"
            autoComplete="current-password"
            required
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
          />
        )}
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          minLength={10}
          required
          hint="Ten characters or more; several words are easy to remember. It ends your other sessions."
          value={next}
          onChange={(event) => setNext(event.target.value)}
        />
        {save.isError && <ProblemNote problem={save.error} />}
        <div>
          <Button type="submit" variant="primary" isBusy={save.isPending}>
            {account.has_password ? "Change it" : "Set it"}
          </Button>
        </div>
      </form>
    </Card>
  );
}
