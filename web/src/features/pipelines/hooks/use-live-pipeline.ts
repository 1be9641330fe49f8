/** A pipeline run, live while it is open. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLiveQuery } from "@/api/events";
import { isOpen, type PipelineRun, pipelineEvents, pipelineKeys, pipelineRunQuery } from "../api";

export function useLivePipeline(id: string) {
  const client = useQueryClient();
  const run = useQuery(pipelineRunQuery(id));
  useLiveQuery(
    pipelineKeys.run(id),
    run.data && isOpen(run.data) ? pipelineEvents(id) : null,
    (snapshot) => (snapshot as { pipeline_run: PipelineRun }).pipeline_run,
    {
      onEnd: () => {
        void client.invalidateQueries({ queryKey: ["models"] });
        void client.invalidateQueries({ queryKey: ["training"] });
      },
    },
  );
  const status = run.data?.status;
  const stage = run.data?.stage;
  // biome-ignore lint/correctness/useExhaustiveDependencies: with every change of stage, what lists show is outdated
  useEffect(() => {
    void client.invalidateQueries({ queryKey: ["pipelines", "list"] });
    void client.invalidateQueries({ queryKey: ["pipelines", "recent"] });
    void client.invalidateQueries({ queryKey: ["images"] });
    void client.invalidateQueries({ queryKey: ["datasets"] });
  }, [client, status, stage]);
  return run;
}
