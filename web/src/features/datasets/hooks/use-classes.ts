/** The classes of a dataset and their counts, and every way to change them. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { notifyProblem } from "@/ui/toast";
import {
  type ClassAnswer,
  countsQuery,
  type DatasetAnswer,
  datasetKeys,
  datasetQuery,
  deleteClasses,
  invalidateDataset,
  mergeClasses,
  renameClass,
  setClasses,
} from "../api";

export function useClasses(name: string) {
  const client = useQueryClient();
  const dataset = useQuery(datasetQuery(name));
  const counts = useQuery(countsQuery(name));
  const classes = useMemo(() => dataset.data?.classes ?? [], [dataset.data?.classes]);
  const byName = useMemo(
    () => new Map((counts.data?.classes ?? []).map((each) => [each.name, each])),
    [counts.data?.classes],
  );
  const refresh = useCallback(() => invalidateDataset(client, name), [client, name]);

  const mutationKey = ["classes", name];
  const save = useMutation({
    mutationKey,
    mutationFn: (next: readonly ClassAnswer[]) => setClasses(name, next),
    // One after the other: each sends the whole list.
    scope: { id: `classes ${name}` },
    onMutate: async (next) => {
      // An answer from before would put back what it was, and the next change would go on from that.
      await client.cancelQueries({ queryKey: datasetKeys.one(name), exact: true });
      client.setQueryData<DatasetAnswer>(datasetKeys.one(name), (known) =>
        known === undefined ? known : { ...known, classes: [...next] },
      );
    },
    onError: (error) => notifyProblem("The classes were not changed", error),
    onSettled: () => (client.isMutating({ mutationKey }) === 1 ? refresh() : undefined),
  });

  const change = useCallback(
    (className: string, values: Partial<ClassAnswer>) =>
      save.mutate(classes.map((each) => (each.name === className ? { ...each, ...values } : each))),
    [classes, save],
  );
  const move = useCallback(
    (className: string, by: -1 | 1) => {
      const from = classes.findIndex((each) => each.name === className);
      const next = classes.toSpliced(from, 1);
      const entry = classes[from];
      if (entry !== undefined) save.mutate(next.toSpliced(from + by, 0, entry));
    },
    [classes, save],
  );
  const add = useCallback(
    (names: string[], shape: string) =>
      save.mutateAsync([...classes, ...names.map((each) => ({ name: each, type: shape, prompts: [] }))]),
    [classes, save],
  );
  const after = useCallback(
    async (started: Promise<unknown>) => {
      await started;
      await client.invalidateQueries({ queryKey: datasetKeys.classChanges(name) });
      await refresh();
    },
    [client, name, refresh],
  );
  const rename = useCallback(
    (className: string, newName: string) => after(renameClass(name, className, newName)),
    [after, name],
  );
  const merge = useCallback(
    (names: string[], into: string) => after(mergeClasses(name, names, into)),
    [after, name],
  );
  const remove = useCallback((names: string[]) => after(deleteClasses(name, names)), [after, name]);
  return { dataset, classes, counts: byName, change, move, add, rename, merge, remove };
}
