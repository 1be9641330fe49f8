/** The class manager: what a dataset is annotated with. */

import { useParams } from "@tanstack/react-router";
import { Merge, Plus, Shapes, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useMay } from "@/features/session/use-session";
import { classColors } from "@/lib/class-colors";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { Skeleton } from "@/ui/skeleton";
import { Table, Th } from "@/ui/table";
import { ClassChanges } from "../components/class-changes";
import {
  AddClassesDialog,
  DeleteClassesDialog,
  MergeDialog,
  RenameClassDialog,
} from "../components/class-dialogs";
import { ClassRow } from "../components/class-row";
import { useClasses } from "../hooks/use-classes";

type OpenDialog =
  | { kind: "add" }
  | { kind: "rename"; name: string }
  | { kind: "merge"; names: string[] }
  | { kind: "delete"; names: string[] };

export function ClassesPage() {
  const { name = "" } = useParams({ strict: false });
  const { dataset, classes, counts, change, move, add, rename, merge, remove } = useClasses(name);
  const mayChange = useMay("member");
  const mayDelete = useMay("admin");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const colors = useMemo(() => classColors(classes), [classes]);
  const names = classes.map((each) => each.name);
  const selected = names.filter((each) => chosen.has(each));
  const close = () => setDialog(null);
  const isEmpty = !dataset.isPending && classes.length === 0;
  const addButton = mayChange && (
    <Button variant="primary" onClick={() => setDialog({ kind: "add" })}>
      <Plus className="size-4" /> Add classes
    </Button>
  );
  const renamed = dialog?.kind === "rename" ? classes.find((each) => each.name === dialog.name) : undefined;

  return (
    <div className="mx-auto w-full max-w-7xl px-6 pt-5 pb-12">
      <div className="mb-4 flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0 flex-1 basis-72">
          <h2 className="font-semibold text-lg">Classes</h2>
          <p className="max-w-2xl text-muted text-sm">
            What the images are annotated with. The prompts are what the annotator is asked with; several,
            separated by commas, each find the class.
          </p>
        </div>
        <div className="flex gap-2">
          {mayChange && selected.length > 1 && (
            <Button onClick={() => setDialog({ kind: "merge", names: selected })}>
              <Merge className="size-4" /> Merge {plural(selected.length, "class", "classes")}
            </Button>
          )}
          {mayDelete && selected.length > 0 && (
            <Button variant="danger" onClick={() => setDialog({ kind: "delete", names: selected })}>
              <Trash2 className="size-4" /> Delete {plural(selected.length, "class", "classes")}
            </Button>
          )}
          {!isEmpty && addButton}
        </div>
      </div>
      <ClassChanges datasetName={name} />
      {dataset.isPending ? (
        <Skeleton className="h-64 w-full" />
      ) : isEmpty ? (
        <EmptyState icon={<Shapes />} title="No classes yet" action={addButton}>
          A class is a kind of thing to find: stop_sign, yield. Add the ones you need; the annotator looks for
          them by name, and annotating a new one adds it here too.
        </EmptyState>
      ) : (
        <Table label="Classes">
          <thead>
            <tr>
              <Th>
                <span className="sr-only">Chosen</span>
              </Th>
              <Th>Colour</Th>
              <Th className="min-w-34">Name</Th>
              <Th>Shape</Th>
              <Th>Prompts</Th>
              <Th isNumber className="max-lg:px-2">
                Images
              </Th>
              <Th isNumber>Annotations</Th>
              <Th>
                <span className="sr-only">Changes</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {classes.map((entry, index) => (
              <ClassRow
                key={entry.name}
                datasetName={name}
                entry={entry}
                color={colors(entry.name)}
                count={counts.get(entry.name)}
                isSelected={chosen.has(entry.name)}
                isFirst={index === 0}
                isLast={index === classes.length - 1}
                mayChange={mayChange}
                mayDelete={mayDelete}
                onSelect={(isOn) => {
                  const next = new Set(chosen);
                  if (isOn) next.add(entry.name);
                  else next.delete(entry.name);
                  setChosen(next);
                }}
                onChange={(values) => change(entry.name, values)}
                onMove={(by) => move(entry.name, by)}
                onRename={() => setDialog({ kind: "rename", name: entry.name })}
                onMerge={() => setDialog({ kind: "merge", names: [entry.name] })}
                onDelete={() => setDialog({ kind: "delete", names: [entry.name] })}
              />
            ))}
          </tbody>
        </Table>
      )}
      {dialog?.kind === "add" && <AddClassesDialog known={names} onClose={close} onAdd={add} />}
      {renamed && (
        <RenameClassDialog
          entry={renamed}
          count={counts.get(renamed.name)}
          known={names}
          onClose={close}
          onRename={(newName) => rename(renamed.name, newName)}
        />
      )}
      {dialog?.kind === "merge" && (
        <MergeDialog
          names={dialog.names}
          classes={classes}
          counts={counts}
          onClose={close}
          onMerge={(into) =>
            merge(
              dialog.names.filter((each) => each !== into),
              into,
            )
          }
        />
      )}
      {dialog?.kind === "delete" && (
        <DeleteClassesDialog
          names={dialog.names}
          counts={counts}
          onClose={close}
          onDelete={() => remove(dialog.names)}
        />
      )}
    </div>
  );
}
