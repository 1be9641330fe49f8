/** What a new run is made of, as far as it was chosen, and how it is started. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useState } from "react";
import { ApiProblem } from "@/api/client";
import { datasetsQuery } from "@/features/datasets/api";
import { pipelinesQuery } from "@/features/training/api";
import { readSettings, settingsOf, type Typed } from "@/features/training/config-schema";
import { NOTHING, type Picked } from "@/features/uploads/picked";
import { startUpload } from "@/features/uploads/store";
import { type CreatePipeline, continueRun, createPipelineRun, quoteQuery } from "../api";
import { asRequest, shapeFor, type TypedClass } from "../classes";
import type { NewPipelineSearch } from "../search";

export type GpuType = "a10g" | "a100" | "h100";

export interface Choices {
  datasetName: string;
  classes: TypedClass[];
  pipeline: string;
  typedFor: Readonly<Record<string, Typed>>;
  gpu: GpuType;
  name: string;
  isLabelling: boolean;
  isTraining: boolean;
  isReviewed: boolean;
  confidence: string;
}

export function useNewRun(search: NewPipelineSearch) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const pipelines = useQuery(pipelinesQuery);
  const datasets = useQuery(datasetsQuery);
  const [picked, setPicked] = useState<Picked>(NOTHING);
  const [choices, setChoices] = useState<Choices>(() => beginning(search));
  const change = (next: Partial<Choices>) => setChoices((known) => ({ ...known, ...next }));

  const dataset = datasets.data?.find((each) => each.name === choices.datasetName.trim()) ?? null;
  const pipeline = pipelines.data?.find((each) => each.name === choices.pipeline);
  const shape = shapeFor(pipeline?.task);
  const settings = useMemo(() => settingsOf(pipeline?.config_schema), [pipeline]);
  const typed = choices.typedFor[choices.pipeline] ?? {};
  const { config, problems } = readSettings(settings, typed);
  const images = picked.images.length + (dataset?.image_count ?? 0);
  const hasImages = images > 0 || picked.archives.length > 0;
  const confidence = Number(choices.confidence);
  const isConfidenceWrong = !(confidence >= 0 && confidence <= 1) || choices.confidence.trim() === "";

  const missing = missingOf({
    hasImages,
    hasDataset: choices.datasetName.trim() !== "",
    hasClasses: !choices.isLabelling || choices.classes.length > 0,
    hasPipeline: !choices.isTraining || pipeline?.is_available === true,
    hasProblems: (choices.isTraining && Object.keys(problems).length > 0) || isConfidenceWrong,
    doesNothing: !choices.isLabelling && !choices.isTraining,
  });
  const body: CreatePipeline = {
    dataset_name: choices.datasetName.trim(),
    pipeline: choices.pipeline,
    gpu: choices.gpu,
    classes: choices.isLabelling ? asRequest(choices.classes, shape) : [],
    train_config: (choices.isTraining ? config : {}) as CreatePipeline["train_config"],
    annotate: choices.isLabelling,
    train: choices.isTraining,
    review: choices.isReviewed,
    confidence_threshold: isConfidenceWrong ? 0.5 : confidence,
    exclusive: false,
    min_credits: 1,
    driver: "server",
    ...(choices.name.trim() === "" ? {} : { name: choices.name.trim() }),
  };
  const { name: _name, driver: _driver, description: _description, ...asked } = body;
  // Typing a name does not ask at every letter.
  const question = useDeferredValue(JSON.stringify(missing === null ? { ...asked, images } : null));
  const quote = useQuery(quoteQuery(useMemo(() => JSON.parse(question), [question])));

  const start = useMutation({
    mutationFn: async () => {
      const run = await createPipelineRun(body);
      const target = {
        datasetName: run.dataset_name,
        datasetId: run.dataset_id ?? "",
        pipelineRunId: run.id,
      };
      if (picked.images.length > 0 || picked.archives.length > 0) startUpload(target, picked);
      else await continueRun(run.id);
      return run;
    },
    onSuccess: (run) => {
      void client.invalidateQueries({ queryKey: ["pipelines"] });
      void client.invalidateQueries({ queryKey: ["datasets"] });
      return navigate({ to: "/pipelines/$runId", params: { runId: run.id } });
    },
  });

  return {
    choices,
    change,
    picked,
    setPicked: (next: Picked) => {
      setPicked(next);
      if (choices.datasetName === "" && next.folderName !== "")
        change({ datasetName: nameOf(next.folderName) });
    },
    pipelines,
    pipeline,
    shape,
    settings,
    typed,
    problems,
    isConfidenceWrong,
    dataset,
    datasetNames: datasets.data?.map((each) => each.name) ?? [],
    missing,
    quote,
    /** The server said that it could not run so. */
    isRefused: quote.error instanceof ApiProblem && quote.error.status >= 400 && quote.error.status < 500,
    start,
  };
}

export type NewRun = ReturnType<typeof useNewRun>;

function beginning(search: NewPipelineSearch): Choices {
  return {
    datasetName: search.dataset ?? "",
    classes: [],
    pipeline: search.pipeline ?? "yolox",
    typedFor: {},
    gpu: "a10g",
    name: "",
    isLabelling: true,
    isTraining: true,
    isReviewed: false,
    confidence: "0.5",
  };
}

/** Folders may be called what datasets may not. */
function nameOf(folder: string): string {
  return folder
    .replace(/[/?#%\\]+/g, "-")
    .replace(/^[. ]+|[. ]+$/g, "")
    .slice(0, 200);
}

interface Missing {
  hasImages: boolean;
  hasDataset: boolean;
  hasClasses: boolean;
  hasPipeline: boolean;
  hasProblems: boolean;
  doesNothing: boolean;
}

function missingOf(choice: Missing): string | null {
  if (!choice.hasImages) return "Drop some images first, or name a dataset that has some.";
  if (!choice.hasDataset) return "Name the dataset.";
  if (choice.doesNothing) return "Have the images labelled, a model trained, or both.";
  if (!choice.hasClasses) return "Say what to look for: add at least one class.";
  if (!choice.hasPipeline) return "Choose what to train.";
  return choice.hasProblems ? "Put the settings right that are marked." : null;
}
