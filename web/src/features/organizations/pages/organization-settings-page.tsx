import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { sessionQuery } from "@/features/session/api";
import { RoleNote } from "@/features/session/role-note";
import { useMay } from "@/features/session/use-session";
import { formatDate } from "@/lib/format";
import { Button } from "@/ui/button";
import { CodeLine } from "@/ui/code-line";
import { TextField } from "@/ui/field";
import { Card, CardTitle, Stat } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { notify } from "@/ui/toast";
import { type Organization, organizationKeys, organizationQuery, renameOrganization } from "../api";
import { UsageMeters } from "../components/usage-meters";

export function OrganizationSettingsPage() {
  const { data: organization } = useSuspenseQuery(organizationQuery);
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <div className="grid gap-4">
        <NameCard organization={organization} />
        <ConnectCard />
      </div>
      <Card>
        <CardTitle>What it holds</CardTitle>
        <UsageMeters organization={organization} />
        <p className="mt-4 text-muted text-xs">
          Images in the trash are not counted. Limits are set by whoever runs the server, with{" "}
          <code className="font-mono">pictograph organizations limit</code>. What labelling and training may
          cost is under{" "}
          <Link to="/credits" className="text-accent underline">
            Credits
          </Link>
          .
        </p>
      </Card>
    </div>
  );
}

function NameCard({ organization }: { organization: Organization }) {
  const queries = useQueryClient();
  const mayRename = useMay("admin");
  const [name, setName] = useState(organization.name);
  const save = useMutation({
    mutationFn: () => renameOrganization(name),
    onSuccess: async (saved) => {
      queries.setQueryData(organizationKeys.me, saved);
      setName(saved.name);
      notify({ title: "The organization is renamed" });
      await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
  return (
    <Card>
      <CardTitle>Name</CardTitle>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <TextField
          label="Name of the organization"
          isLabelHidden
          required
          maxLength={120}
          disabled={!mayRename}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        {save.isError && <ProblemNote problem={save.error} />}
        {mayRename ? (
          <div>
            <Button
              type="submit"
              variant="primary"
              isBusy={save.isPending}
              disabled={name.trim() === organization.name}
            >
              Rename
            </Button>
          </div>
        ) : (
          <RoleNote needs="admin" what="Renaming it" />
        )}
      </form>
      <div className="mt-4 grid grid-cols-2 gap-4 border-line border-t pt-4">
        <Stat label="Since" value={formatDate(organization.created_at)} />
        <Stat
          label="Short name, for the server's commands"
          value={<span className="font-mono text-sm">{organization.slug}</span>}
        />
      </div>
    </Card>
  );
}

function ConnectCard() {
  return (
    <Card>
      <CardTitle>Connect the Python package and the command line</CardTitle>
      <div className="flex flex-col gap-3 text-sm">
        <p className="text-muted">
          They work with this organization through one of its{" "}
          <Link to="/organization/api-keys" className="text-accent underline">
            API keys
          </Link>
          , at this address:
        </p>
        <CodeLine
          code={`export PICTOGRAPH_BASE_URL=${window.location.origin}\nexport PICTOGRAPH_API_KEY=pk_live_…`}
          label="Copy the lines"
        />
        <p className="text-muted">Then all that these pages do can be done in a program:</p>
        <CodeLine
          code={
            "from pictograph import Client\nfor dataset in Client().datasets.iter():\n    print(dataset.name)"
          }
          label="Copy the program"
        />
      </div>
    </Card>
  );
}
