import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { RoleNote } from "@/features/session/role-note";
import { useMay } from "@/features/session/use-session";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { EmptyState } from "@/ui/empty-state";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { notify, notifyProblem } from "@/ui/toast";
import { type ApiKey, apiKeysQuery, deleteApiKey, organizationKeys, updateApiKey } from "../api";
import { ApiKeyDialog } from "../components/api-key-dialog";
import { ApiKeysTable } from "../components/api-keys-table";

export function ApiKeysPage() {
  const queries = useQueryClient();
  const mayMake = useMay("admin");
  const keys = useQuery(apiKeysQuery);
  const [isMaking, setIsMaking] = useState(false);
  const [revoked, setRevoked] = useState<ApiKey | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: organizationKeys.apiKeys });
  const switchKey = useMutation({
    mutationFn: (key: ApiKey) => updateApiKey(key.id, { is_active: !key.is_active }),
    onSuccess: (key) => notify({ title: `${key.name} is switched ${key.is_active ? "on" : "off"}` }),
    onError: (problem) => notifyProblem("The API key was not changed", problem),
    onSettled: refresh,
  });
  const button = (
    <Button variant="primary" onClick={() => setIsMaking(true)}>
      <KeyRound aria-hidden="true" className="size-4" />
      New API key
    </Button>
  );
  return (
    <>
      {keys.data && keys.data.length > 0 && (
        <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
          <p className="max-w-xl text-muted text-sm">
            Programs sign in with a key: the Python package, the command line, scripts. A key has a role, as
            people have.
          </p>
          {mayMake ? button : <RoleNote needs="admin" what="Making and revoking keys" />}
        </div>
      )}
      {keys.isPending && <Skeleton className="h-48 w-full" />}
      {keys.isError && <ProblemNote problem={keys.error} onRetry={() => keys.refetch()} />}
      {keys.data?.length === 0 && (
        <EmptyState
          icon={<KeyRound />}
          title="There is no API key yet"
          action={mayMake ? button : <RoleNote needs="admin" what="Making keys" />}
        >
          Programs sign in with a key: the Python package, the command line, scripts. Make one for each, so
          that you can revoke it without stopping the others.
        </EmptyState>
      )}
      {keys.data && keys.data.length > 0 && (
        <ApiKeysTable
          keys={keys.data}
          onRevoke={mayMake ? setRevoked : undefined}
          onSwitch={mayMake ? (key) => switchKey.mutate(key) : undefined}
        />
      )}
      <ApiKeyDialog isOpen={isMaking} onClose={() => setIsMaking(false)} />
      <ConfirmDialog
        isOpen={revoked !== null}
        onClose={() => setRevoked(null)}
        title={`Revoke the key ${revoked?.name ?? ""}?`}
        action="Revoke it"
        isDangerous
        onConfirm={async () => {
          if (revoked === null) return;
          await deleteApiKey(revoked.id);
          notify({ title: `The key ${revoked.name} is revoked` });
          await refresh();
        }}
      >
        Programs that use it are refused within seconds. It cannot be undone: they need a new key. To stop
        them for a while, switch it off instead.
      </ConfirmDialog>
    </>
  );
}
