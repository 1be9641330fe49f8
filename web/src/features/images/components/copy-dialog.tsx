/** Copies of images in another dataset. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { datasetsQuery } from "@/features/datasets/api";
import { Checkbox } from "@/ui/checkbox";
import { SelectField } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { Skeleton } from "@/ui/skeleton";

interface CopyDialogProps {
  datasetName: string;
  /** In words: "16 images". */
  what: string;
  onClose: () => void;
  onCopy: (dataset: string, withAnnotations: boolean) => Promise<unknown>;
}

export function CopyDialog({ datasetName, what, onClose, onCopy }: CopyDialogProps) {
  const datasets = useQuery(datasetsQuery);
  const [chosen, setChosen] = useState("");
  const [withAnnotations, setWithAnnotations] = useState(true);
  const others = (datasets.data ?? []).filter((each) => each.name !== datasetName);
  const target = chosen || (others[0]?.name ?? "");

  return (
    <FormDialog
      title={`Copy ${what} to a dataset`}
      action="Copy"
      canSubmit={target !== ""}
      onClose={onClose}
      onSubmit={() => onCopy(target, withAnnotations)}
    >
      {datasets.isPending ? (
        <Skeleton className="h-14 w-full" />
      ) : others.length === 0 ? (
        <p className="text-muted text-sm">There is no other dataset yet. Make one in the list of datasets.</p>
      ) : (
        <SelectField
          label="Dataset"
          value={target}
          onChange={setChosen}
          options={others.map((each) => ({ value: each.name, label: each.name }))}
          hint="Each copy goes to the folder of its original. Those whose name is taken there are left out."
        />
      )}
      <Checkbox
        isChecked={withAnnotations}
        onChange={setWithAnnotations}
        label="With annotations, status and tags"
      />
    </FormDialog>
  );
}
