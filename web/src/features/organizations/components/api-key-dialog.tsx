import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { type Role, useSession } from "@/features/session/use-session";
import { Button } from "@/ui/button";
import { CodeLine } from "@/ui/code-line";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";
import { type CreatedApiKey, createApiKey, organizationKeys } from "../api";
import { RoleSelect } from "./role-select";

const DAYS = [
  { value: "", label: "Never" },
  { value: "7", label: "In 7 days" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
];
const EMPTY = { name: "", role: "member" as Role, days: "", rateLimit: "" };

/** Make a key; then its secret, once, with the lines that a program needs. */
export function ApiKeyDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const { organization } = useSession();
  const formId = useId();
  const [given, setGiven] = useState(EMPTY);
  const make = useMutation({
    mutationFn: () =>
      createApiKey({
        organization_id: organization.organization_id,
        name: given.name,
        role: given.role,
        rate_limit: given.rateLimit ? Number(given.rateLimit) : undefined,
        expires_at: given.days ? inDays(Number(given.days)) : undefined,
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: organizationKeys.apiKeys }),
  });

  function close() {
    make.reset();
    setGiven(EMPTY);
    onClose();
  }

  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title={make.isSuccess ? `The key ${make.data.name} is made` : "New API key"}
      actions={
        make.isSuccess ? (
          <Button variant="primary" onClick={close}>
            I have stored it
          </Button>
        ) : (
          <>
            <Button onClick={close}>Cancel</Button>
            <Button type="submit" form={formId} variant="primary" isBusy={make.isPending}>
              Make the key
            </Button>
          </>
        )
      }
    >
      {make.isSuccess ? (
        <Secret made={make.data} />
      ) : (
        <form
          id={formId}
          className="flex flex-col gap-3.5"
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          <TextField
            label="Name"
            required
            maxLength={100}
            autoComplete="off"
            placeholder="training machine"
            hint="Who or what will use it; the audit log names it so."
            value={given.name}
            onChange={(event) => setGiven({ ...given, name: event.target.value })}
          />
          <RoleSelect label="Role" value={given.role} onChange={(role) => setGiven({ ...given, role })} />
          <div className="grid gap-3.5 sm:grid-cols-2">
            <SelectField
              label="Expires"
              value={given.days}
              onChange={(days) => setGiven({ ...given, days })}
              options={DAYS}
            />
            <TextField
              label="Requests an hour"
              type="number"
              min={1}
              max={2_000_000_000}
              placeholder="the server's usual limit"
              value={given.rateLimit}
              onChange={(event) => setGiven({ ...given, rateLimit: event.target.value })}
            />
          </div>
          {make.isError && <ProblemNote problem={make.error} />}
        </form>
      )}
    </Dialog>
  );
}

function Secret({ made }: { made: CreatedApiKey }) {
  return (
    <div className="flex flex-col gap-3 text-sm">
      <p>
        <strong className="font-medium">Copy the key now: it is shown only here, this once.</strong> The
        server keeps no more of it than {made.key_prefix}… and a hash.
      </p>
      <CodeLine code={made.api_key} label="Copy the key" />
      <p className="text-muted">In the environment of a program, or of the command line:</p>
      <CodeLine
        code={`export PICTOGRAPH_BASE_URL=${window.location.origin}\nexport PICTOGRAPH_API_KEY=${made.api_key}`}
        label="Copy the two lines"
      />
    </div>
  );
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString();
}
