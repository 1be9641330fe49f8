import { useSuspenseQuery } from "@tanstack/react-query";
import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { sessionQuery } from "@/features/session/api";
import { Background } from "./background";

/** Around every page behind sign-in: a session that ends meanwhile leads back to sign-in, and from there to the page. */
export function SignedIn() {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const router = useRouter();
  useEffect(() => {
    // The route looks at the session again, and sends strangers to sign in.
    if (session === null) void router.invalidate();
  }, [session, router]);
  if (session === null) return null;
  return (
    <>
      <Outlet />
      <Background shellId="/signed-in/shell" />
    </>
  );
}
