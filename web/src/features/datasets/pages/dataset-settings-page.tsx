/** Name, description and rules of a dataset, and its end. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useMay } from "@/features/session/use-session";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { TextAreaField, TextField } from "@/ui/field";
import { Card, CardTitle } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { Switch } from "@/ui/switch";
import { notify, notifyProblem } from "@/ui/toast";
import {
  type DatasetAnswer,
  type DatasetChange,
  datasetKeys,
  datasetQuery,
  deleteDataset,
  invalidateDataset,
  updateDataset,
} from "../api";
import { SHAPES } from "../components/shapes";

export function DatasetSettingsPage() {
  const { name = "" } = useParams({ strict: false });
  const dataset = useQuery(datasetQuery(name));
  if (!dataset.data) {
    return (
      <div className="mx-auto w-full max-w-3xl px-6 pt-5">
        <Skeleton className="h-72 w-full" />
      </div>
    );
  }
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-6 pt-5 pb-12">
      <About key={dataset.data.id} dataset={dataset.data} />
      <Rules dataset={dataset.data} />
      <Deletion dataset={dataset.data} />
    </div>
  );
}

function About({ dataset }: { dataset: DatasetAnswer }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const mayChange = useMay("member");
  const [name, setName] = useState(dataset.name);
  const [description, setDescription] = useState(dataset.description ?? "");
  useEffect(() => setName(dataset.name), [dataset.name]);
  const isChanged = name.trim() !== dataset.name || description !== (dataset.description ?? "");
  const save = useMutation({
    mutationFn: () => updateDataset(dataset.name, { name: name.trim(), description }),
    onSuccess: async () => {
      notify({ title: "Saved" });
      if (name.trim() !== dataset.name) {
        await client.invalidateQueries({ queryKey: datasetKeys.list() });
        await navigate({ to: "/datasets/$name/settings", params: { name: name.trim() }, replace: true });
      } else await invalidateDataset(client, dataset.name);
    },
  });
  return (
    <Card>
      <CardTitle>About</CardTitle>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (isChanged) save.mutate();
        }}
      >
        <TextField
          label="Name"
          hint="Programs find the dataset by its name; after a change they have to use the new one."
          value={name}
          maxLength={200}
          disabled={!mayChange}
          onChange={(event) => setName(event.target.value)}
        />
        <TextAreaField
          label="Description"
          value={description}
          disabled={!mayChange}
          onChange={(event) => setDescription(event.target.value)}
        />
        {save.error && <ProblemNote problem={save.error} />}
        {mayChange && (
          <div>
            <Button
              type="submit"
              variant="primary"
              isBusy={save.isPending}
              disabled={!isChanged || name.trim() === ""}
            >
              Save
            </Button>
          </div>
        )}
      </form>
    </Card>
  );
}

function Rules({ dataset }: { dataset: DatasetAnswer }) {
  const client = useQueryClient();
  const mayChange = useMay("member");
  const save = useMutation({
    mutationFn: (change: DatasetChange) => updateDataset(dataset.name, change),
    onMutate: (change) => {
      client.setQueryData<DatasetAnswer>(datasetKeys.one(dataset.name), (known) =>
        known === undefined ? known : { ...known, ...change },
      );
    },
    onError: (error) => notifyProblem("Not saved", error),
    onSettled: () => client.invalidateQueries({ queryKey: datasetKeys.one(dataset.name) }),
  });
  const shapes = dataset.annotation_types;
  return (
    <Card>
      <CardTitle>Rules</CardTitle>
      <div className="flex flex-col gap-5">
        <Switch
          isOn={dataset.review_required}
          disabled={!mayChange}
          onChange={(isOn) => save.mutate({ review_required: isOn })}
          label="People look at what machines annotate"
          hint="Images that the annotator labels come to the review queue instead of being complete."
        />
        <fieldset disabled={!mayChange}>
          <legend className="mb-1 font-medium text-sm">Shapes</legend>
          <p className="mb-2 text-muted text-xs">
            What the dataset is annotated with. Classes bring theirs; one stays at least.
          </p>
          <div className="flex flex-wrap gap-x-6">
            {SHAPES.filter((shape) => shape.value !== "tag").map((shape) => (
              <Checkbox
                key={shape.value}
                label={shape.label}
                isChecked={shapes.includes(shape.value)}
                disabled={!mayChange || (shapes.length === 1 && shapes[0] === shape.value)}
                onChange={(isOn) =>
                  save.mutate({
                    annotation_types: isOn
                      ? [...shapes, shape.value]
                      : shapes.filter((each) => each !== shape.value),
                  })
                }
              />
            ))}
          </div>
        </fieldset>
      </div>
    </Card>
  );
}

function Deletion({ dataset }: { dataset: DatasetAnswer }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const mayDelete = useMay("admin");
  const [isOpen, setIsOpen] = useState(false);
  if (!mayDelete) return null;
  return (
    <Card className="border-danger/50">
      <CardTitle>Delete the dataset</CardTitle>
      <p className="mb-3 text-muted text-sm">
        Its images, annotations, versions and exports go with it. Models that were trained from it stay.
      </p>
      <Button variant="danger" onClick={() => setIsOpen(true)}>
        Delete dataset
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
        title={`Delete “${dataset.name}”?`}
        action="Delete dataset"
        isDangerous
        typeToConfirm={dataset.name}
        onConfirm={async () => {
          await deleteDataset(dataset.name);
          notify({ title: `The dataset ${dataset.name} is deleted` });
          await navigate({ to: "/datasets" });
          client.removeQueries({ queryKey: datasetKeys.one(dataset.name) });
          await client.invalidateQueries({ queryKey: datasetKeys.list() });
        }}
      >
        {plural(dataset.image_count ?? 0, "image")} with all annotations and versions are deleted. This cannot
        be undone.
      </ConfirmDialog>
    </Card>
  );
}
