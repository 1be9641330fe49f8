import { createRouter } from "@tanstack/react-router";
import { PagePending, PageProblem } from "./page-states";
import { queryClient } from "./query-client";
import { routeTree } from "./routes";

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: "intent",
  // Server state is cached by the queries.
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 300,
  defaultPendingComponent: PagePending,
  defaultErrorComponent: PageProblem,
  scrollRestoration: true,
});

/** Begin to load the code of the page at the address, which would else wait until it is known who is signed in. */
export function preloadPage(): void {
  for (const { routeId } of router.matchRoutes(router.latestLocation)) {
    void router.loadRouteChunk(router.routesById[routeId as keyof typeof router.routesById]);
  }
}

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
