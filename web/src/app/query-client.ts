import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "@/api/client";

/** Refusals stay refusals: only what may pass by itself is asked for again. */
function mayPass(failures: number, error: Error): boolean {
  return failures < 2 && (!(error instanceof ApiProblem) || error.status === 0 || error.status >= 500);
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      // The session ended, or was ended from another device.
      if (error instanceof ApiProblem && error.status === 401) {
        // Once, however many requests of a page are refused.
        void queryClient.invalidateQueries({ queryKey: ["session"] }, { cancelRefetch: false });
      }
    },
  }),
  defaultOptions: {
    queries: { staleTime: 10_000, retry: mayPass, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});
