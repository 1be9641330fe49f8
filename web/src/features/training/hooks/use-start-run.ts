/** Start a run: freeze its images as an export where there is none yet, wait for that, and begin. */

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import type { CreateTrainingRun } from "@/api/schema";
import { createExport, createRun, fetchExport } from "../api";
import type { ImageSource } from "../search";

export interface RunPlan extends Omit<CreateTrainingRun, "export_name"> {
  source: ImageSource;
  /** A status filter, the number of a version, or the name of an export. */
  images: string;
}

export interface Starting {
  isBusy: boolean;
  stage: string | null;
  /** 0–1 of the stage; null when it is not known. */
  progress: number | null;
  problem: unknown;
}

const IDLE: Starting = { isBusy: false, stage: null, progress: null, problem: null };
const LOOK_MS = 400;

export function useStartRun() {
  const [starting, setStarting] = useState(IDLE);
  const frozen = useRef<{ key: string; name: string } | null>(null);
  const client = useQueryClient();
  const navigate = useNavigate();

  /** Return the name of an export that holds the images. What an attempt before froze is taken again. */
  async function freeze(plan: RunPlan): Promise<string> {
    if (plan.source === "export") return plan.images;
    const key = JSON.stringify([plan.dataset_name, plan.source, plan.images]);
    if (frozen.current?.key === key) return frozen.current.name;
    setStarting({ ...IDLE, isBusy: true, stage: "Freezing the images. Keep this page open." });
    const made = await createExport({
      dataset_name: plan.dataset_name,
      name: `${plan.pipeline_type}-${stamp()}`,
      format: "pictograph",
      include_images: true,
      ...(plan.source === "version" ? { version: plan.images } : { status_filter: plan.images }),
    });
    let current = made;
    while (current.status === "pending" || current.status === "processing") {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      current = await fetchExport(plan.dataset_name, made.name);
      const progress = current.progress ? current.progress / 100 : null;
      setStarting((known) => ({ ...known, progress }));
    }
    if (current.status === "failed") {
      throw new Error(current.error_message ?? "The images could not be frozen");
    }
    frozen.current = { key, name: made.name };
    return made.name;
  }

  async function start({ source, images, ...request }: RunPlan) {
    setStarting({ ...IDLE, isBusy: true });
    try {
      const exportName = await freeze({ source, images, ...request });
      setStarting({ ...IDLE, isBusy: true, stage: "Starting the run" });
      const run = await createRun({ ...request, export_name: exportName });
      void client.invalidateQueries({ queryKey: ["training"] });
      void client.invalidateQueries({ queryKey: ["exports"] });
      void client.invalidateQueries({ queryKey: ["credits"] });
      await navigate({ to: "/training/$runId", params: { runId: run.id } });
    } catch (problem) {
      setStarting({ ...IDLE, problem });
    }
  }

  return { starting, start };
}

/** The moment, as the names of runs carry it: 20260131-120000. */
export function stamp(now = new Date()): string {
  const [day = "", time = ""] = now.toISOString().split("T");
  return `${day.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}`;
}
