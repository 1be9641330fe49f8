/** The form of a new run. Dataset, images, pipeline and parent are in the address; settings are typed here. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useMay } from "@/features/session/use-session";
import { formatDate } from "@/lib/format";
import { SelectField, TextField } from "@/ui/field";
import { Card, CardTitle } from "@/ui/page";
import type { GpuType } from "../api";
import {
  datasetCountsQuery,
  type Pipeline,
  parentsQuery,
  type TrainingRun,
  trainableExportsQuery,
  versionsForTrainingQuery,
} from "../api";
import { asTyped, readSettings, settingsOf, type Typed } from "../config-schema";
import { stamp, useStartRun } from "../hooks/use-start-run";
import { chosenImages } from "../images-choice";
import { type ImageSource, type NewTrainingSearch, newTrainingSearch } from "../search";
import { ImagesCard } from "./images-card";
import { PipelineCards } from "./pipeline-cards";
import { SettingsForm } from "./settings-form";
import { StartCard } from "./start-card";

interface NewTrainingFormProps {
  pipelines: readonly Pipeline[];
  /** The run whose settings are taken. */
  from: TrainingRun | null;
  fromDataset: string;
  /** Its export, while that is there. */
  fromExport: string | null;
}

const GPUS: readonly GpuType[] = ["a10g", "a100", "h100"];

export function NewTrainingForm({ pipelines, from, fromDataset, fromExport }: NewTrainingFormProps) {
  const search = newTrainingSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const mayTrain = useMay("member");
  const dataset = search.dataset ?? fromDataset;
  const isSame = from !== null && dataset === fromDataset;
  const before = isSame ? imagesOf(from, fromExport) : null;
  const source = search.source ?? before?.source ?? "status";
  const images = search.images ?? (before?.source === source ? before.images : "");
  const pipelineName = search.pipeline ?? from?.pipeline_type;
  const pipeline = pipelines.find((each) => each.name === pipelineName);
  const parentId =
    search.parent ?? (pipelineName === from?.pipeline_type ? (from?.parent_model_id ?? "") : "");

  const settings = useMemo(() => settingsOf(pipeline?.config_schema), [pipeline]);
  const [typedFor, setTypedFor] = useState<Record<string, Typed>>(() => initialOf(pipelines, from));
  const typed = typedFor[pipelineName ?? ""] ?? {};
  const { config, problems } = readSettings(settings, typed);
  const [gpu, setGpu] = useState<GpuType>(from?.gpu_type ?? "a10g");
  const [name, setName] = useState("");
  const madeUpName = useMemo(() => `${pipelineName ?? "run"}-run-${stamp()}`, [pipelineName]);

  const counts = useQuery(datasetCountsQuery(dataset));
  const exports = useQuery({
    ...trainableExportsQuery(dataset),
    enabled: dataset !== "" && source === "export",
  });
  const versions = useQuery({
    ...versionsForTrainingQuery(dataset),
    enabled: dataset !== "" && source === "version",
  });
  const isTagged = pipeline?.task === "classification";
  const wanted = images || (source === "status" ? "complete" : "");
  const chosen = chosenImages(
    source,
    wanted,
    { counts: counts.data, exports: exports.data, versions: versions.data },
    isTagged,
  );
  const { starting, start } = useStartRun();

  function change(next: Partial<NewTrainingSearch>) {
    void navigate({ to: "/training/new", search: { ...search, ...next }, replace: true });
  }

  const missing = missingWords({
    dataset,
    wanted,
    source,
    count: chosen.count,
    pipeline,
    hasProblems: Object.keys(problems).length > 0,
    mayTrain,
  });
  const asked = pipeline?.is_available && Object.keys(problems).length === 0 ? pipeline.name : null;
  const request = asked ? { pipeline_type: asked, gpu_type: gpu, config: config as never } : null;
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex min-w-0 flex-col gap-4">
        <ImagesCard
          dataset={dataset}
          source={source}
          images={wanted}
          chosen={chosen}
          isTagged={isTagged}
          onDataset={(value) => change({ dataset: value || undefined, images: undefined })}
          onSource={(value) => change({ source: value, images: undefined })}
          onImages={(value) => change({ source, images: value || undefined })}
        />
        <Card>
          <CardTitle>2. What to make</CardTitle>
          <PipelineCards
            pipelines={pipelines}
            value={pipelineName}
            onChange={(value) => change({ pipeline: value, parent: undefined })}
          />
        </Card>
        {pipeline && (
          <Card>
            <CardTitle>3. Settings</CardTitle>
            <div className="mb-4 grid gap-4 border-line border-b pb-4 md:grid-cols-2">
              <TextField
                label="Name of the run"
                value={name}
                placeholder={madeUpName}
                maxLength={100}
                autoComplete="off"
                hint="The model will have it too."
                onChange={(event) => setName(event.target.value)}
              />
              <ParentSelect
                pipeline={pipeline}
                value={parentId}
                onChange={(value) => change({ parent: value || undefined })}
              />
              <SelectField
                label="GPU"
                value={gpu}
                onChange={(value) => setGpu(value as GpuType)}
                hint="Decides the price. On a machine without it the run uses what is there, and says so."
                options={GPUS.map((each) => ({ value: each, label: each.toUpperCase() }))}
              />
            </div>
            <SettingsForm
              settings={settings}
              typed={typed}
              problems={problems}
              onChange={(key, text) =>
                setTypedFor((known) => ({
                  ...known,
                  [pipeline.name]: { ...known[pipeline.name], [key]: text },
                }))
              }
            />
            {pipeline.license && (
              <p className="mt-4 text-muted text-xs">Code and network: {pipeline.license}.</p>
            )}
          </Card>
        )}
      </div>
      <StartCard
        estimate={
          request && missing === null
            ? source === "export"
              ? { ...request, dataset_name: dataset, export_name: wanted }
              : { ...request, images: chosen.count ?? 1 }
            : null
        }
        check={request && { ...request, parent_model_id: parentId || null }}
        missing={missing}
        starting={starting}
        onStart={() => {
          if (!request) return;
          void start({
            ...request,
            dataset_name: dataset,
            name: name.trim() || madeUpName,
            parent_model_id: parentId || null,
            source,
            images: wanted,
          });
        }}
      />
    </div>
  );
}

interface Parts {
  dataset: string;
  wanted: string;
  source: string;
  count: number | null;
  pipeline: Pipeline | undefined;
  hasProblems: boolean;
  mayTrain: boolean;
}

/** Return what has to be chosen next before a run can start. */
function missingWords({
  dataset,
  wanted,
  source,
  count,
  pipeline,
  hasProblems,
  mayTrain,
}: Parts): string | null {
  if (!dataset) return "Choose a dataset first.";
  if (!wanted) return `Choose ${source === "export" ? "an export" : "a version"} of the dataset.`;
  if (count === 0) return "There is no such image in the dataset.";
  if (count === null) return "The images are being counted.";
  if (!pipeline) return "Choose what to make.";
  if (!pipeline.is_available) return `${pipeline.name} is not installed on this server.`;
  if (hasProblems) return "Some settings cannot be used as they are.";
  return mayTrain ? null : "Your role here is Viewer, which cannot train.";
}

interface ParentSelectProps {
  pipeline: Pipeline;
  value: string;
  onChange: (value: string) => void;
}

function ParentSelect({ pipeline, value, onChange }: ParentSelectProps) {
  const parents = useQuery(parentsQuery(pipeline.name));
  const found = parents.data ?? [];
  const isListed = value === "" || found.some((each) => each.modelId === value);
  return (
    <SelectField
      label="Go on from"
      value={value}
      onChange={onChange}
      hint="An earlier model of the same pipeline: what it learned is kept."
      options={[
        { value: "", label: "No model: start afresh" },
        ...(isListed ? [] : [{ value, label: "The chosen model" }]),
        ...found.map((each) => ({
          value: each.modelId,
          label: `${each.name}${each.madeAt ? ` (${formatDate(each.madeAt)})` : ""}`,
        })),
      ]}
    />
  );
}

/** Return the images that a run learned from: its export, or else the version that was in it. */
function imagesOf(
  from: TrainingRun,
  fromExport: string | null,
): { source: ImageSource; images: string } | null {
  if (fromExport) return { source: "export", images: fromExport };
  return from.dataset_version ? { source: "version", images: String(from.dataset_version) } : null;
}

/** Return what the run that is repeated was set to, as it would have been typed. */
function initialOf(pipelines: readonly Pipeline[], from: TrainingRun | null): Record<string, Typed> {
  if (!from) return {};
  const settings = settingsOf(pipelines.find((each) => each.name === from.pipeline_type)?.config_schema);
  const typed = settings.flatMap((setting) =>
    from.config && setting.key in from.config
      ? [[setting.key, asTyped(setting, from.config[setting.key])] as const]
      : [],
  );
  return { [from.pipeline_type]: Object.fromEntries(typed) };
}
