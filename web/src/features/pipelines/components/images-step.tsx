/** Which images a new run is of: dropped ones, and the dataset they go into. */

import { X } from "lucide-react";
import { useId } from "react";
import { DropZone } from "@/features/uploads/components/drop-zone";
import { joined, NOTHING, type Picked } from "@/features/uploads/picked";
import { formatBytes, plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";

interface ImagesStepProps {
  picked: Picked;
  onPicked: (picked: Picked) => void;
  datasetName: string;
  onDatasetName: (name: string) => void;
  datasetNames: readonly string[];
  /** Of the dataset of that name; null where there is none. */
  imagesThere: number | null;
}

export function ImagesStep(props: ImagesStepProps) {
  const { picked, onPicked, datasetName, onDatasetName, datasetNames, imagesThere } = props;
  const list = useId();
  const size = [...picked.images.map((each) => each.file), ...picked.archives].reduce(
    (sum, file) => sum + file.size,
    0,
  );
  const isEmpty = picked.images.length === 0 && picked.archives.length === 0;
  return (
    <div className="flex flex-col gap-4">
      <DropZone onPicked={(more) => onPicked(joined(picked, more))}>
        {isEmpty ? (
          <>
            <span className="block font-medium text-base text-text">
              Drop a folder, images or an archive here
            </span>
            Sub-folders are kept. Images that the dataset has already are not sent again.
          </>
        ) : (
          <span className="block font-medium text-base text-text">
            {[
              picked.images.length > 0 ? plural(picked.images.length, "image") : null,
              ...picked.archives.map((file) => file.name),
            ]
              .filter(Boolean)
              .join(", ")}
            <span className="ml-2 font-normal text-muted text-sm">{formatBytes(size)}</span>
          </span>
        )}
        {!isEmpty && picked.others > 0 && (
          <span className="block">{plural(picked.others, "other file")} left out</span>
        )}
      </DropZone>
      <div className="flex items-start gap-3">
        <TextField
          label="Dataset"
          className="grow"
          value={datasetName}
          list={list}
          maxLength={200}
          autoComplete="off"
          required
          placeholder="road-signs"
          hint={
            imagesThere === null
              ? "A new one is made if there is none of this name."
              : `It has ${plural(imagesThere, "image")}: new ones are added, and what is annotated is left alone.`
          }
          onChange={(event) => onDatasetName(event.target.value)}
        />
        <datalist id={list}>
          {datasetNames.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        {!isEmpty && (
          <Button className="mt-6" onClick={() => onPicked(NOTHING)}>
            <X className="size-4" /> Clear
          </Button>
        )}
      </div>
    </div>
  );
}
