/** Classes added, renamed, merged and deleted: each dialog says how many images that touches. */

import { useState } from "react";
import { plural } from "@/lib/format";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { SelectField, TextAreaField, TextField } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import type { ClassAnswer, ClassCount } from "../api";
import { SHAPES } from "./shapes";

interface AddClassesDialogProps {
  known: readonly string[];
  onClose: () => void;
  onAdd: (names: string[], shape: string) => Promise<unknown>;
}

export function AddClassesDialog({ known, onClose, onAdd }: AddClassesDialogProps) {
  const [text, setText] = useState("");
  const [shape, setShape] = useState("bbox");
  const names = [
    ...new Set(
      text
        .split(/[,\n]/)
        .map((name) => name.trim())
        .filter((name) => name !== ""),
    ),
  ];
  const taken = names.filter((name) => known.includes(name));
  return (
    <FormDialog
      title="Add classes"
      action={names.length > 1 ? `Add ${names.length} classes` : "Add class"}
      canSubmit={names.length > 0 && taken.length === 0}
      onClose={onClose}
      onSubmit={() => onAdd(names, shape)}
    >
      <TextAreaField
        label="Names"
        hint="One on each line, or separated by commas."
        problem={taken.length > 0 ? `Already there: ${taken.join(", ")}` : null}
        value={text}
        autoFocus
        onChange={(event) => setText(event.target.value)}
      />
      <SelectField label="Shape" value={shape} onChange={setShape} options={SHAPES} />
    </FormDialog>
  );
}

interface RenameClassDialogProps {
  entry: ClassAnswer;
  count: ClassCount | undefined;
  known: readonly string[];
  onClose: () => void;
  onRename: (newName: string) => Promise<unknown>;
}

export function RenameClassDialog({ entry, count, known, onClose, onRename }: RenameClassDialogProps) {
  const [name, setName] = useState(entry.name);
  const wanted = name.trim();
  const isTaken = wanted !== entry.name && known.includes(wanted);
  return (
    <FormDialog
      title="Rename the class"
      action="Rename"
      canSubmit={wanted !== "" && wanted !== entry.name && !isTaken}
      onClose={onClose}
      onSubmit={() => onRename(wanted)}
    >
      <TextField
        label="New name"
        value={name}
        maxLength={120}
        autoComplete="off"
        autoFocus
        problem={isTaken ? "There is a class of that name. Merge them instead." : null}
        onChange={(event) => setName(event.target.value)}
      />
      <Touches count={count} />
    </FormDialog>
  );
}

interface MergeDialogProps {
  names: readonly string[];
  classes: readonly ClassAnswer[];
  counts: ReadonlyMap<string, ClassCount>;
  onClose: () => void;
  onMerge: (into: string) => Promise<unknown>;
}

export function MergeDialog({ names, classes, counts, onClose, onMerge }: MergeDialogProps) {
  // Of several, one stays; one alone goes into another.
  const targets =
    names.length > 1 ? names : classes.map((each) => each.name).filter((name) => name !== names[0]);
  const [into, setInto] = useState(targets[0] ?? "");
  const others = names.filter((name) => name !== into);
  const images = others.reduce((sum, name) => sum + (counts.get(name)?.image_count ?? 0), 0);
  return (
    <FormDialog
      title={names.length > 1 ? `Merge ${names.length} classes` : `Merge “${names[0]}” into another class`}
      action="Merge"
      canSubmit={into !== "" && others.length > 0}
      onClose={onClose}
      onSubmit={() => onMerge(into)}
    >
      {targets.length === 0 ? (
        <p className="text-muted text-sm">The dataset has no other class.</p>
      ) : (
        <SelectField
          label={names.length > 1 ? "All of them become" : "It becomes"}
          value={into}
          onChange={setInto}
          options={targets.map((name) => ({ value: name, label: name }))}
        />
      )}
      <p className="text-muted text-sm">
        {listed(others)} {others.length === 1 ? "is" : "are"} no class any more.{" "}
        {images === 0
          ? "No image shows them yet."
          : `Their annotations stay, on at most ${plural(images, "image")}, under the name that remains.`}{" "}
        This cannot be undone, but a version keeps what was.
      </p>
    </FormDialog>
  );
}

interface DeleteClassesDialogProps {
  names: readonly string[];
  counts: ReadonlyMap<string, ClassCount>;
  onClose: () => void;
  onDelete: () => Promise<unknown>;
}

export function DeleteClassesDialog({ names, counts, onClose, onDelete }: DeleteClassesDialogProps) {
  const sum = (key: "image_count" | "annotation_count") =>
    names.reduce((total, name) => total + (counts.get(name)?.[key] ?? 0), 0);
  const images = sum("image_count");
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={names.length === 1 ? `Delete the class “${names[0]}”?` : `Delete ${names.length} classes?`}
      action={names.length === 1 ? "Delete class" : "Delete classes"}
      isDangerous
      onConfirm={onDelete}
    >
      {names.length > 1 && `${listed(names)}. `}
      {images === 0
        ? "No image shows them."
        : `With ${plural(sum("annotation_count"), "annotation")} on at most ${plural(images, "image")}.`}{" "}
      This cannot be undone, but a version keeps what was.
    </ConfirmDialog>
  );
}

const LISTED = 6;

function listed(names: readonly string[]): string {
  const more = names.length - LISTED;
  return more > 1
    ? `${names.slice(0, LISTED).join(", ")} and ${plural(more, "other class", "other classes")}`
    : names.join(", ");
}

function Touches({ count }: { count: ClassCount | undefined }) {
  const images = (count?.image_count ?? 0) + (count?.tagged_image_count ?? 0);
  return (
    <p className="text-muted text-sm">
      {images === 0
        ? "No image shows it yet."
        : `${plural(count?.annotation_count ?? 0, "annotation")} on ${plural(images, "image")} get the new name. Everybody sees it at once; writing it into many images takes a while.`}
    </p>
  );
}
