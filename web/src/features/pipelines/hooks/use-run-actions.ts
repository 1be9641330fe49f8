/** What can be done with a run: each shows what comes of it at once. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import {
  cancelRun,
  continueRun,
  type PipelineRun,
  pipelineKeys,
  renameRun,
  rerunRun,
  resumeRun,
} from "../api";

export function useRunActions(id: string) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const keep = (run: PipelineRun) => {
    client.setQueryData(pipelineKeys.run(id), run);
    void client.invalidateQueries({ queryKey: ["pipelines", "list"] });
    void client.invalidateQueries({ queryKey: pipelineKeys.recent() });
  };
  return {
    goOn: useMutation({ mutationFn: (acceptRest: boolean) => continueRun(id, acceptRest), onSuccess: keep }),
    cancel: useMutation({ mutationFn: () => cancelRun(id), onSuccess: keep }),
    resume: useMutation({ mutationFn: () => resumeRun(id), onSuccess: keep }),
    rename: useMutation({ mutationFn: (name: string) => renameRun(id, name), onSuccess: keep }),
    rerun: useMutation({
      mutationFn: () => rerunRun(id),
      onSuccess: (run) => navigate({ to: "/pipelines/$runId", params: { runId: run.id } }),
    }),
  };
}

export type RunActions = ReturnType<typeof useRunActions>;
