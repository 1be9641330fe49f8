/** The training pipelines as people know them. */

interface PipelineWords {
  label: string;
  /** What its models answer with. */
  makes: string;
  about: string;
}

const PIPELINES: Record<string, PipelineWords> = {
  yolox: { label: "YOLOX", makes: "Boxes", about: "Fast, also without a GPU. A good first choice." },
  rfdetr_detection: {
    label: "RF-DETR",
    makes: "Boxes",
    about: "A transformer: more exact, slower, made for a GPU.",
  },
  detectron2: {
    label: "Mask R-CNN",
    makes: "Outlines of objects",
    about: "The proven one, also for few images.",
  },
  rfdetr_segmentation: {
    label: "RF-DETR Seg",
    makes: "Outlines of objects",
    about: "A transformer with masks, made for a GPU.",
  },
  sm_pytorch: {
    label: "Segmentation Models",
    makes: "A class for every pixel",
    about: "U-Net and its family: surfaces, not single objects.",
  },
  classification: {
    label: "Image classifier",
    makes: "A class for the image",
    about: "Any network of timm; learns from tags, else from the names of folders.",
  },
};

export function pipelineWords(name: string): PipelineWords {
  return PIPELINES[name] ?? { label: name, makes: "", about: "" };
}

export const pipelineLabel = (name: string): string => pipelineWords(name).label;
