import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { datasetsQuery, versionsQuery } from "@/features/datasets/api";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { CodeLine } from "@/ui/code-line";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";
import { createExport, type ExportAnswer, exportKeys, formatsQuery } from "../api";
import { createCode, STATUS_FILTERS, suggestedName } from "../words";
import { ClassFilter } from "./class-filter";
import { FormatChoice } from "./format-choice";

interface NewExportDialogProps {
  /** What is chosen at first. */
  dataset?: string;
  version?: string;
  onClose: () => void;
  onCreated: (made: ExportAnswer) => void;
}

const NOW = "";

/** Ask for an export: of which dataset, in which format, of which images. */
export function NewExportDialog({ dataset, version, onClose, onCreated }: NewExportDialogProps) {
  const queries = useQueryClient();
  const formId = useId();
  const [opened] = useState(() => new Date());
  const datasets = useQuery(datasetsQuery);
  const formats = useQuery(formatsQuery);
  const [given, setGiven] = useState({
    dataset: dataset ?? "",
    format: "coco",
    name: "",
    status: "all",
    version: version ?? NOW,
    hasImages: false,
  });
  const chosen = given.dataset || datasets.data?.[0]?.name || "";
  const versions = useQuery({ ...versionsQuery(chosen), enabled: chosen !== "" });
  const [without, setWithout] = useState<ReadonlySet<string>>(new Set());
  const wanted = datasets.data?.find((each) => each.name === chosen);
  const classes = (wanted?.classes ?? []).map((each) => each.name);
  const kept = classes.filter((name) => !without.has(name));
  const suggestion = suggestedName(given.format, opened);
  const request = {
    dataset_name: chosen,
    name: given.name.trim() || suggestion,
    format: given.format,
    include_images: given.hasImages,
    status_filter: given.status,
    class_filter: kept.length < classes.length ? kept : undefined,
    version: given.version === NOW ? undefined : given.version,
  };
  const create = useMutation({
    mutationFn: () => createExport(request),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: exportKeys.all });
      onCreated(made);
    },
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="lg"
      title="New export"
      description="A dataset in one ZIP. It is frozen as a version first, so the export stays what it was."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={formId}
            variant="primary"
            isBusy={create.isPending}
            disabled={chosen === "" || (classes.length > 0 && kept.length === 0)}
          >
            Export
          </Button>
        </>
      }
    >
      <form
        id={formId}
        className="grid gap-4 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <div className="flex min-w-0 flex-col gap-3.5">
          <SelectField
            label="Dataset"
            value={chosen}
            onChange={(name) => {
              setGiven({ ...given, dataset: name, version: NOW });
              setWithout(new Set());
            }}
            options={(datasets.data ?? []).map((each) => ({ value: each.name, label: each.name }))}
            hint={datasets.data?.length === 0 ? "There is no dataset yet: upload a folder first." : undefined}
          />
          <SelectField
            label="As it was in"
            value={given.version}
            onChange={(next) => setGiven({ ...given, version: next })}
            options={[
              { value: NOW, label: "the dataset as it is now" },
              ...(versions.data ?? [])
                .filter((each) => each.status === "ready")
                .map((each) => ({
                  value: String(each.number),
                  label: `version ${each.number}${each.name ? `, ${each.name}` : ""} (${plural(each.image_count, "image")})`,
                })),
            ]}
          />
          <SelectField
            label="Which images"
            value={given.status}
            onChange={(status) => setGiven({ ...given, status })}
            options={STATUS_FILTERS}
            hint="To train on it, take the complete ones: what a person has looked at, or accepted."
          />
          <ClassFilter classes={classes} without={without} onChange={setWithout} />
          <TextField
            label="Name"
            maxLength={100}
            autoComplete="off"
            placeholder={suggestion}
            hint="Unique within the dataset; programs address the export by it."
            value={given.name}
            onChange={(event) => setGiven({ ...given, name: event.target.value })}
          />
          <Checkbox
            isChecked={given.hasImages}
            onChange={(hasImages) => setGiven({ ...given, hasImages })}
            label="Put the images into the ZIP, too"
            hint="Without them it is small, and goes with the folder that you uploaded."
          />
        </div>
        <FormatChoice
          formats={formats.data}
          value={given.format}
          onChange={(format) => setGiven({ ...given, format })}
        />
        <div className="col-span-full flex flex-col gap-3">
          {formats.isError && <ProblemNote problem={formats.error} onRetry={() => formats.refetch()} />}
          {create.isError && <ProblemNote problem={create.error} />}
          <CodeLine code={createCode(request)} label="Copy the line of Python that does the same" />
        </div>
      </form>
    </Dialog>
  );
}
