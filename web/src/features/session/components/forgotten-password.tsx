import { useMutation } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/button";
import { CodeLine } from "@/ui/code-line";
import { TextField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";
import { askForPasswordLink } from "../api";

/** Get a link to set a new password: by letter where letters are sent, from people otherwise. */
export function ForgottenPassword({ sendsLetters }: { sendsLetters: boolean }) {
  const [email, setEmail] = useState("");
  const request = useMutation({ mutationFn: () => askForPasswordLink(email) });
  if (!sendsLetters) {
    return (
      <div className="flex flex-col gap-3 text-sm">
        <p>
          This server sends no letters. An admin of your organization can make a link with which you set a new
          password, under Organization, Members.
        </p>
        <p>Or whoever runs the server makes one on its machine:</p>
        <CodeLine
          code="pictograph login-link --email you@example.org --new-password"
          label="Copy the command"
        />
      </div>
    );
  }
  if (request.isSuccess) {
    return (
      <p role="status" className="flex items-start gap-2 rounded-md bg-ok-soft px-3 py-2.5 text-sm">
        <MailCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-ok" />
        {request.data} It holds for an hour.
      </p>
    );
  }
  return (
    <form
      className="flex flex-col gap-3.5"
      onSubmit={(event) => {
        event.preventDefault();
        request.mutate();
      }}
    >
      <p className="text-muted text-sm">
        Give the address of your account; a letter brings a link to set a new password.
      </p>
      <TextField
        label="E-mail"
        type="email"
        name="email"
        autoComplete="username"
        required
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      {request.isError && <ProblemNote problem={request.error} />}
      <Button type="submit" variant="primary" size="lg" isBusy={request.isPending}>
        Send the link
      </Button>
    </form>
  );
}
