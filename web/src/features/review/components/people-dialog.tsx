/** Who reviews: how far each person is, and giving images to them. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { membersQuery } from "@/features/organizations/api";
import { formatCount, plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";
import { notify } from "@/ui/toast";
import { progressQuery, reviewKeys, share, unassign } from "../api";
import type { ReviewSearch } from "../search";
import { ProgressTable } from "./progress-table";

interface PeopleDialogProps {
  name: string;
  search: ReviewSearch;
  mayShare: boolean;
  isOpen: boolean;
  onClose: () => void;
}

export function PeopleDialog({ name, search, mayShare, isOpen, onClose }: PeopleDialogProps) {
  const progress = useQuery({ ...progressQuery(name), enabled: isOpen });
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title="Reviewers"
      description="What each person has decided, and which images wait for them."
      size="lg"
    >
      <div className="flex flex-col gap-5 pb-3">
        {progress.isError && <ProblemNote problem={progress.error} onRetry={() => void progress.refetch()} />}
        {progress.data && <ProgressTable progress={progress.data} />}
        {mayShare && <ShareForm name={name} search={search} waiting={unassigned(progress.data)} />}
      </div>
    </Dialog>
  );
}

function unassigned(progress: { in_review: number; assigned: number } | undefined): number | null {
  return progress ? Math.max(0, progress.in_review - progress.assigned) : null;
}

interface ShareFormProps {
  name: string;
  search: ReviewSearch;
  waiting: number | null;
}

function ShareForm({ name, search, waiting }: ShareFormProps) {
  const client = useQueryClient();
  const members = useQuery(membersQuery);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [limit, setLimit] = useState("");
  const refresh = () => client.invalidateQueries({ queryKey: reviewKeys.dataset(name) });
  const sharing = useMutation({
    mutationFn: () =>
      share(name, { people: [...chosen], limit: limit === "" ? undefined : Number(limit), search }),
    onSuccess: ({ assigned, unassigned_left: left }) => {
      const total = Object.values(assigned).reduce((sum, each) => sum + each, 0);
      notify({
        title: `${plural(total, "image")} shared`,
        detail: `${formatCount(left)} are nobody's still.`,
      });
    },
    onSettled: refresh,
  });
  const clearing = useMutation({
    mutationFn: () => unassign(name),
    onSuccess: (count) => notify({ title: `${plural(count, "image")} made nobody's again` }),
    onSettled: refresh,
  });
  const problem = limit !== "" && !/^[1-9]\d{0,6}$/.test(limit) ? "A number from 1 on" : null;

  function toggle(id: string, isChosen: boolean) {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  }

  return (
    <section aria-labelledby="share-title" className="flex flex-col gap-3">
      <div>
        <h3 id="share-title" className="font-semibold">
          Share images
        </h3>
        <p className="text-muted text-sm">
          {waiting === null ? "Images that are nobody's" : `${plural(waiting, "image")} that are nobody's`}{" "}
          are dealt out in the order and with the filter of the queue, one each in turn, so that everybody
          gets as many hard ones.
        </p>
      </div>
      <fieldset className="grid grid-cols-1 gap-1 sm:grid-cols-2">
        <legend className="sr-only">Among</legend>
        {members.data?.map((each) => (
          <Checkbox
            key={each.user_id}
            label={each.full_name ?? each.email ?? each.user_id}
            isChecked={chosen.has(each.user_id)}
            onChange={(isChosen) => toggle(each.user_id, isChosen)}
          />
        ))}
      </fieldset>
      <div className="flex flex-wrap items-end gap-2">
        <TextField
          label="How many"
          placeholder="All"
          inputMode="numeric"
          className="w-36"
          value={limit}
          problem={problem}
          onChange={(event) => setLimit(event.target.value.trim())}
        />
        <Button
          variant="primary"
          disabled={chosen.size === 0 || problem !== null || waiting === 0}
          isBusy={sharing.isPending}
          onClick={() => sharing.mutate()}
        >
          {chosen.size === 0 ? "Share" : `Share among ${plural(chosen.size, "person", "people")}`}
        </Button>
        <Button isBusy={clearing.isPending} onClick={() => clearing.mutate()}>
          Make all nobody's
        </Button>
      </div>
      {(sharing.error ?? clearing.error) && <ProblemNote problem={sharing.error ?? clearing.error} />}
    </section>
  );
}
