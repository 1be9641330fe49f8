/** Work on the image as a whole: its status, its tags, an older version brought back, the previous image copied. */

import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { addAnnotations } from "@/canvas/commands";
import type { Command } from "@/canvas/scene";
import { type Annotation, newId, type Scene } from "@/canvas/scene";
import { decide } from "@/features/review/api";
import { notify, notifyProblem } from "@/ui/toast";
import { annotationKeys, type ImageAnswer, imageQuery, readStored, restoreVersion, setTags } from "../api";
import type { ImageStatus } from "../documents";
import type { Editing } from "../saving/editing";
import { noteStatus, type Workplace } from "../saving/open-editing";
import type { ImageSteps } from "./use-image-steps";

interface ImageWorkOptions {
  datasetName: string;
  image: ImageAnswer;
  editing: Editing;
  steps: ImageSteps;
  isReview: boolean;
  workplace: Workplace;
}

export interface ImageWork {
  finish: (status: ImageStatus, andNext: boolean) => void;
  /** In review only. */
  decide: (verdict: "accept" | "reject") => void;
  tags: readonly string[];
  setTags: (tags: string[]) => void;
  restore: (version: number) => Promise<void>;
  isRestoring: boolean;
  /** The command that copies the previous image's annotations; null where there is nothing to copy. */
  copyOfPrevious: () => Promise<Command | null>;
}

export function useImageWork(options: ImageWorkOptions): ImageWork {
  const { datasetName, image, editing, steps, isReview, workplace } = options;
  const { queryClient } = workplace;
  const navigate = useNavigate();
  const key = imageQuery(image.id).queryKey;

  function finishImage(status: ImageStatus, andNext: boolean) {
    noteStatus(queryClient, image.id, status);
    editing.want({ status, datasetName });
    if (andNext && !steps.next()) notify({ title: "That was the last image of this list", tone: "info" });
  }

  /** The reviewer's word on the image as it is now saved; then back to the queue. */
  const deciding = useMutation({
    mutationFn: async (verdict: "accept" | "reject") => {
      await editing.saver.flush();
      await editing.saver.whenSaved();
      const { version } = editing.saver.getState().save;
      await decide(datasetName, { imageId: image.id, verdict, version });
    },
    onSuccess: (_nothing, verdict) => {
      noteStatus(queryClient, image.id, verdict === "accept" ? "complete" : "annotate");
      void queryClient.invalidateQueries({ queryKey: ["review"] });
      void queryClient.invalidateQueries({ queryKey: ["images"] });
      void navigate({ to: "/datasets/$name/review", params: { name: datasetName } });
    },
    onError: (error) => notifyProblem(`${image.filename} was not decided`, error),
  });

  const tagging = useMutation({
    mutationFn: (tags: string[]) => setTags(image.id, tags),
    onMutate: (tags) => {
      queryClient.setQueryData(key, (known) =>
        known ? { ...known, image_auto_tags: { ...known.image_auto_tags, objects: tags } } : known,
      );
    },
    onError: (error) => notifyProblem("The tags were not saved", error),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: key });
      void queryClient.invalidateQueries({ queryKey: ["datasets"] });
    },
  });

  const restoring = useMutation({
    mutationFn: async (version: number) => {
      await editing.saver.flush();
      await restoreVersion(image.id, version, editing.saver.getState().save.version);
      editing.takeRestored(await readStored(image.id), version);
    },
    onError: (error) => notifyProblem("The version was not brought back", error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: annotationKeys.history(image.id) }),
  });

  return {
    finish: finishImage,
    decide: (verdict) => {
      if (isReview && !deciding.isPending) deciding.mutate(verdict);
    },
    tags: tagsOf(image),
    setTags: tagging.mutate,
    restore: async (version) => {
      await restoring.mutateAsync(version).catch(() => {});
    },
    isRestoring: restoring.isPending,
    copyOfPrevious: async () => {
      if (steps.previousId === undefined) return null;
      const { annotations } = await readStored(steps.previousId);
      return annotations.length > 0 ? copyCommand(editing.scene, annotations) : null;
    },
  };
}

/** Copies are a person's, who says that they are true here too. */
function copyCommand(scene: Scene, annotations: readonly Annotation[]): Command {
  const copies = annotations.map(
    ({ created_by: _maker, ...each }) => ({ ...each, id: newId(), confidence: 1 }) as Annotation,
  );
  return addAnnotations(scene, copies, `Copy ${copies.length} of the previous image`);
}

function tagsOf(image: ImageAnswer): readonly string[] {
  const { objects } = image.image_auto_tags;
  return Array.isArray(objects) ? objects.filter((each): each is string => typeof each === "string") : [];
}
