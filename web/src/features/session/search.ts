/** What the address of the sign-in page holds. */

export type SignInView = "register" | "forgotten";

export interface SignInSearch {
  next?: string;
  view?: SignInView;
}

export function signInSearch(search: Record<string, unknown>): SignInSearch {
  const { next, view } = search;
  return {
    next: typeof next === "string" ? next : undefined,
    view: view === "register" || view === "forgotten" ? view : undefined,
  };
}

/**
 * Return where to go after signing in: `next` where it is a page of this app, else the start.
 *
 * Links can be made by anybody: one that leads to another site would take people from our sign-in form to theirs.
 */
export function pageAfterSignIn(next: string | undefined, origin: string): string {
  if (next === undefined || !next.startsWith("/")) return "/";
  let url: URL;
  try {
    url = new URL(next, origin);
  } catch {
    return "/";
  }
  const isPage =
    url.origin === origin && !/^\/(sign-in|api|files|uploads|login|invite)(\/|$)/.test(url.pathname);
  // `//host` behind the path would be another site once it stands alone.
  return isPage && !url.pathname.startsWith("//") ? url.pathname + url.search + url.hash : "/";
}
