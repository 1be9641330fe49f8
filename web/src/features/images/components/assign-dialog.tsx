/** The images that are chosen, given to a person for review. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { membersQuery, type OrganizationMember } from "@/features/organizations/api";
import { Checkbox } from "@/ui/checkbox";
import { SelectField } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";

interface AssignDialogProps {
  /** What is given, in words. */
  what: string;
  onClose: () => void;
  onAssign: (person: { id: string; name: string }, toReview: boolean) => Promise<void>;
}

export function AssignDialog({ what, onClose, onAssign }: AssignDialogProps) {
  const members = useQuery(membersQuery);
  // Who only looks gets nothing to review.
  const people = (members.data ?? []).filter((each) => each.role !== "viewer");
  const [chosen, setChosen] = useState("");
  const [toReview, setToReview] = useState(true);
  const person = people.find((each) => each.user_id === chosen) ?? people[0];
  return (
    <FormDialog
      title={`Assign ${what} to a person`}
      description="In the review, images that are given to somebody come to them, and to nobody else."
      action="Assign"
      canSubmit={person !== undefined}
      onClose={onClose}
      onSubmit={async () => {
        if (person) await onAssign({ id: person.user_id, name: nameOf(person) }, toReview);
      }}
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
