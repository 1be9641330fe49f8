/** A new dataset: a name, and the classes to annotate with if they are known. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextAreaField, TextField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";
import { createDataset, datasetKeys } from "../api";
import { SHAPES } from "./shapes";

export function NewDatasetDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [classes, setClasses] = useState("");
  const [shape, setShape] = useState("bbox");
  const create = useMutation({
    mutationFn: () =>
      createDataset({
        name: name.trim(),
        description: description.trim() || undefined,
        classes: classNames(classes).map((each) => ({ name: each, type: shape })),
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: datasetKeys.list() });
      await navigate({ to: "/datasets/$name", params: { name: name.trim() } });
    },
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="New dataset"
      description="A dataset holds images and the classes they are annotated with."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            isBusy={create.isPending}
            disabled={name.trim() === ""}
            onClick={() => create.mutate()}
          >
            Create dataset
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") create.mutate();
        }}
      >
        <TextField
          label="Name"
          value={name}
          maxLength={200}
          autoComplete="off"
          autoFocus
          onChange={(event) => setName(event.target.value)}
        />
        <TextAreaField
          label="Description"
          hint="What the images show and where they come from. Can be left empty."
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        <div className="grid grid-cols-[1fr_10rem] gap-3">
          <TextField
            label="Classes"
            hint="Separated by commas. More can be added at any time."
            value={classes}
            autoComplete="off"
            onChange={(event) => setClasses(event.target.value)}
          />
          <SelectField label="Shape" value={shape} onChange={setShape} options={SHAPES} />
        </div>
        <button type="submit" hidden tabIndex={-1}>
          Create
        </button>
        {create.error && <ProblemNote problem={create.error} />}
      </form>
    </Dialog>
  );
}

function classNames(text: string): string[] {
  const names = text.split(/[,\n]/).map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ""))];
}
