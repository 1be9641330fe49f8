import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { Card, CardTitle } from "@/ui/page";
import { notify } from "@/ui/toast";
import { type Account, deleteAccount } from "../api";

/** Delete one's own account. What one made stays in its organizations. */
export function DeleteAccountCard({ account }: { account: Account }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setIsAsking] = useState(false);
  const [password, setPassword] = useState("");
  return (
    <Card>
      <CardTitle>Delete the account</CardTitle>
      <p className="mb-3 text-muted text-sm">
        You leave {account.organizations.map((each) => each.name).join(", ")}. What you made stays there, with
        your name beside it.
      </p>
      <Button variant="danger" onClick={() => setIsAsking(true)}>
        Delete my account
      </Button>
      {isAsking && (
        <FormDialog
          onClose={() => {
            setIsAsking(false);
            setPassword("");
          }}
          title="Delete your account?"
          action="Delete it for good"
          isDangerous
          canSubmit={!account.has_password || password !== ""}
          onSubmit={async () => {
            await deleteAccount(account.has_password ? password : undefined);
            notify({ title: "Your account is deleted" });
            queries.clear();
            await navigate({ to: "/sign-in" });
          }}
        >
          <p className="text-muted text-sm">
            It cannot be undone. Your sessions end, and API keys that you made are switched off. An
            organization whose only owner you are has to get another one first.
          </p>
          {account.has_password && (
            <TextField
              label="Your password"
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </FormDialog>
      )}
    </Card>
  );
}
