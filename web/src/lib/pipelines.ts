/** The training pipelines as people know them. */

import type { Task } from "./metrics";

interface PipelineWords {
  label: string;
  /** What its models answer with. */
  makes: string;
  about: string;
  task?: Task;
}

const PIPELINES: Record<string, PipelineWords> = {
  yolox: {
    label: "YOLOX",
    makes: "Boxes",
    about: "Fast, also without a GPU. A good first choice.",
    task: "object_detection",
  },
  rfdetr_detection: {
    label: "RF-DETR",
    makes: "Boxes",
    about: "A transformer: more exact, slower, made for a GPU.",
    task: "object_detection",
  },
  detectron2: {
    label: "Mask R-CNN",
    makes: "Outlines of objects",
    about: "The proven one, also for few images.",
    task: "instance_segmentation",
  },
  rfdetr_segmentation: {
    label: "RF-DETR Seg",
    makes: "Outlines of objects",
    about: "A transformer with masks, made for a GPU.",
    task: "instance_segmentation",
  },
  sm_pytorch: {
    label: "Segmentation Models",
    makes: "A class for every pixel",
    about: "U-Net and its family: surfaces, not single objects.",
    task: "semantic_segmentation",
  },
  classification: {
    label: "Image classifier",
    makes: "A class for the image",
    about: "Any network of timm; learns from tags, else from the names of folders.",
    task: "classification",
  },
};

export function pipelineWords(name: string): PipelineWords {
  return PIPELINES[name] ?? { label: name, makes: "", about: "" };
}

export const pipelineLabel = (name: string): string => pipelineWords(name).label;

export const taskOfPipeline = (name: string): string => PIPELINES[name]?.task ?? "";
