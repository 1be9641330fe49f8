import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";
import { register, type Session } from "../api";

const EMPTY = { full_name: "", email: "", password: "", organization: "" };

/** Make an account with an organization of its own, where the operator opened this to anybody. */
export function RegisterForm({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const [given, setGiven] = useState(EMPTY);
  const attempt = useMutation({ mutationFn: () => register(given), onSuccess: onSignedIn });
  const bind = (name: keyof typeof EMPTY) => ({
    name,
    required: true,
    value: given[name],
    onChange: (event: { target: { value: string } }) => setGiven({ ...given, [name]: event.target.value }),
  });
  return (
    <form
      className="flex flex-col gap-3.5"
      onSubmit={(event) => {
        event.preventDefault();
        attempt.mutate();
      }}
    >
      <TextField label="Your name" autoComplete="name" maxLength={200} {...bind("full_name")} />
      <TextField label="E-mail" type="email" autoComplete="username" {...bind("email")} />
      <TextField
        label="Password"
        type="password"
        autoComplete="new-password"
        minLength={10}
        hint="Ten characters or more; several words are easy to remember."
        {...bind("password")}
      />
      <TextField
        label="Organization"
        autoComplete="organization"
        maxLength={120}
        hint="Owns your datasets and models; you can invite others to it."
        {...bind("organization")}
      />
      {attempt.isError && <ProblemNote problem={attempt.error} />}
      <Button type="submit" variant="primary" size="lg" isBusy={attempt.isPending}>
        Create the account
      </Button>
    </form>
  );
}
