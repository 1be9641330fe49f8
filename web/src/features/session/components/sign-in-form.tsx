import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";
import { type Session, signIn } from "../api";

export function SignInForm({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const attempt = useMutation({ mutationFn: () => signIn(email, password), onSuccess: onSignedIn });
  return (
    <form
      className="flex flex-col gap-3.5"
      onSubmit={(event) => {
        event.preventDefault();
        attempt.mutate();
      }}
    >
      <TextField
        label="E-mail"
        type="email"
        name="email"
        autoComplete="username"
        required
        autoFocus
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <TextField
        label="Password"
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {attempt.isError && <ProblemNote problem={attempt.error} />}
      <Button type="submit" variant="primary" size="lg" isBusy={attempt.isPending}>
        Sign in
      </Button>
    </form>
  );
}
