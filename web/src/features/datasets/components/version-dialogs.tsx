/** A version made, renamed, restored and deleted. */

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { plural } from "@/lib/format";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { SelectField, TextAreaField, TextField } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import {
  createVersion,
  datasetKeys,
  deleteVersion,
  restoreVersion,
  updateVersion,
  type Version,
  type VersionRestore,
} from "../api";

export function CreateVersionDialog({ datasetName, onClose }: { datasetName: string; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [filter, setFilter] = useState("all");
  return (
    <FormDialog
      title="New version"
      description="Keeps what the dataset holds now: images, annotations, classes and tags. It never changes."
      action="Create version"
      onClose={onClose}
      onSubmit={async () => {
        await createVersion(datasetName, {
          name: name.trim() || undefined,
          description: description.trim() || undefined,
          status_filter: filter === "all" ? undefined : filter,
        });
        await client.invalidateQueries({ queryKey: datasetKeys.versions(datasetName) });
      }}
    >
      <TextField
        label="Name"
        hint="Can be left empty: versions are numbered."
        value={name}
        maxLength={100}
        autoComplete="off"
        autoFocus
        onChange={(event) => setName(event.target.value)}
      />
      <TextAreaField
        label="Description"
        value={description}
        onChange={(event) => setDescription(event.target.value)}
      />
      <SelectField
        label="Images"
        value={filter}
        onChange={setFilter}
        options={[
          { value: "all", label: "All images" },
          { value: "complete", label: "Only complete ones" },
          { value: "in_progress", label: "Only those in work or review" },
          { value: "new", label: "Only new ones" },
        ]}
      />
    </FormDialog>
  );
}

interface OfVersion {
  datasetName: string;
  version: Version;
  onClose: () => void;
}

export function RenameVersionDialog({ datasetName, version, onClose }: OfVersion) {
  const client = useQueryClient();
  const [name, setName] = useState(version.name ?? "");
  const [description, setDescription] = useState(version.description ?? "");
  return (
    <FormDialog
      title={`Version ${version.number}`}
      action="Save"
      onClose={onClose}
      onSubmit={async () => {
        await updateVersion(datasetName, version.id, { name: name.trim(), description: description.trim() });
        await client.invalidateQueries({ queryKey: datasetKeys.versions(datasetName) });
      }}
    >
      <TextField
        label="Name"
        value={name}
        maxLength={100}
        onChange={(event) => setName(event.target.value)}
      />
      <TextAreaField
        label="Description"
        value={description}
        onChange={(event) => setDescription(event.target.value)}
      />
    </FormDialog>
  );
}

export function RestoreVersionDialog({
  datasetName,
  version,
  onClose,
  onStarted,
}: OfVersion & { onStarted: (restore: VersionRestore) => void }) {
  const [name, setName] = useState(`${datasetName} v${version.number}`);
  return (
    <FormDialog
      title={`Restore version ${version.number}`}
      description="As a dataset of its own, with the images, annotations and classes of then. This one stays as it is."
      action="Restore"
      canSubmit={name.trim() !== ""}
      onClose={onClose}
      onSubmit={async () => onStarted(await restoreVersion(datasetName, version.id, name.trim()))}
    >
      <TextField
        label="Name of the new dataset"
        value={name}
        maxLength={200}
        autoFocus
        onChange={(event) => setName(event.target.value)}
      />
    </FormDialog>
  );
}

export function DeleteVersionDialog({ datasetName, version, onClose }: OfVersion) {
  const client = useQueryClient();
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Delete version ${version.number}?`}
      action="Delete version"
      isDangerous
      onConfirm={async () => {
        await deleteVersion(datasetName, version.id);
        await client.invalidateQueries({ queryKey: datasetKeys.versions(datasetName) });
      }}
    >
      It holds {plural(version.image_count ?? 0, "image")} and{" "}
      {plural(version.annotation_count ?? 0, "annotation")}. The dataset itself stays as it is. A version that
      a model learned from is kept.
    </ConfirmDialog>
  );
}
