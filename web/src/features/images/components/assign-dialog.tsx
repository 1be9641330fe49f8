/** The images that are chosen, given to a person for review. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { membersQuery, type OrganizationMember } from "@/features/organizations/api";
import { assign, reviewKeys } from "@/features/review/api";
import { formatCount, plural } from "@/lib/format";
import { Checkbox } from "@/ui/checkbox";
import { SelectField } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { notify } from "@/ui/toast";
import { changeImages, imageKeys } from "../api";

/** What the server takes in one request. */
const IDS_A_REQUEST = 10_000;

interface AssignDialogProps {
  datasetName: string;
  ids: readonly string[];
  onClose: () => void;
  onDone: () => void;
}

export function AssignDialog({ datasetName, ids, onClose, onDone }: AssignDialogProps) {
  const client = useQueryClient();
  const members = useQuery(membersQuery);
  // Who only looks gets nothing to review.
  const people = (members.data ?? []).filter((each) => each.role !== "viewer");
  const [chosen, setChosen] = useState("");
  const [toReview, setToReview] = useState(true);
  const person = people.find((each) => each.user_id === chosen) ?? people[0];
  const giving = useMutation({
    mutationFn: async () => {
      let given = 0;
      for (let start = 0; start < ids.length; start += IDS_A_REQUEST) {
        const some = ids.slice(start, start + IDS_A_REQUEST);
        if (toReview) await changeImages(datasetName, some, { kind: "status", status: "review" });
        const answer = await assign(datasetName, some, person?.user_id ?? "");
        given += Object.values(answer.assigned).reduce((sum, each) => sum + each, 0);
      }
      return given;
    },
    onSuccess: (given) => {
      notify({
        title: `${plural(given, "image")} given to ${person && nameOf(person)}`,
        detail:
          given < ids.length ? `${formatCount(ids.length - given)} are no longer in the dataset.` : undefined,
      });
      onDone();
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: reviewKeys.dataset(datasetName) });
      void client.invalidateQueries({ queryKey: imageKeys.all(datasetName) });
      void client.invalidateQueries({ queryKey: ["datasets", "one", datasetName] });
    },
  });
  return (
    <FormDialog
      title={`Assign ${plural(ids.length, "image")} to a person`}
      description="In the review, images that are given to somebody come to them, and to nobody else."
      action="Assign"
      canSubmit={person !== undefined}
      onClose={onClose}
      onSubmit={() => giving.mutateAsync()}
    >
      {members.error ? (
        <ProblemNote problem={members.error} onRetry={() => void members.refetch()} />
      ) : members.isPending ? (
        <Skeleton className="h-14 w-full" />
      ) : (
        <SelectField
          label="Person"
          value={person?.user_id ?? ""}
          onChange={setChosen}
          options={people.map((each) => ({ value: each.user_id, label: nameOf(each) }))}
        />
      )}
      <Checkbox
        isChecked={toReview}
        onChange={setToReview}
        label="Set their status to Review"
        hint="Only what is in review comes to people."
      />
    </FormDialog>
  );
}

function nameOf({ full_name, email, user_id }: OrganizationMember): string {
  return full_name || email || user_id;
}
