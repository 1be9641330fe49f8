/** Copies of images in another dataset. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { datasetsQuery } from "@/features/datasets/api";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Dialog } from "@/ui/dialog";
import { SelectField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";

interface CopyDialogProps {
  datasetName: string;
  count: number;
  onClose: () => void;
  onCopy: (dataset: string, withAnnotations: boolean) => Promise<unknown>;
}

export function CopyDialog({ datasetName, count, onClose, onCopy }: CopyDialogProps) {
  const datasets = useQuery(datasetsQuery);
  const [chosen, setChosen] = useState("");
  const [withAnnotations, setWithAnnotations] = useState(true);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const others = (datasets.data ?? []).filter((each) => each.name !== datasetName);
  const target = chosen || (others[0]?.name ?? "");

  async function copy() {
    setIsBusy(true);
    setProblem(null);
    try {
      await onCopy(target, withAnnotations);
      onClose();
    } catch (error) {
      setProblem(error);
    } finally {
      setIsBusy(false);
    }
  }

  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Copy ${plural(count, "image")} to a dataset`}
      size="sm"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" isBusy={isBusy} disabled={target === ""} onClick={copy}>
            Copy
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {datasets.isPending ? (
          <Skeleton className="h-14 w-full" />
        ) : others.length === 0 ? (
          <p className="text-muted text-sm">
            There is no other dataset yet. Make one in the list of datasets.
          </p>
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
        {problem !== null && <ProblemNote problem={problem} />}
      </div>
    </Dialog>
  );
}
