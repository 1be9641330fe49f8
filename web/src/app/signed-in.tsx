import { useSuspenseQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation } from "@tanstack/react-router";
import { sessionQuery } from "@/features/session/api";

/** Around every page behind sign-in: a session that ends meanwhile leads back to sign-in, and from there to the page. */
export function SignedIn() {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const address = useLocation({ select: (location) => location.href });
  if (session === null) return <Navigate to="/sign-in" search={{ next: address }} replace />;
  return <Outlet />;
}
