/** The way in: e-mail and password, and what to do for those who have neither. */

import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { type ReactNode, useCallback, useEffect } from "react";
import { CodeLine } from "@/ui/code-line";
import { type Session, sessionQuery, signInOptionsQuery } from "../api";
import { ForgottenPassword } from "../components/forgotten-password";
import { RegisterForm } from "../components/register-form";
import { SignInForm } from "../components/sign-in-form";
import { pageAfterSignIn } from "../search";

const TITLES = {
  password: "Sign in",
  register: "Create an account",
  forgotten: "Forgotten password",
} as const;

export function SignInPage() {
  const { next, view = "password" } = useSearch({ from: "/sign-in" });
  const router = useRouter();
  const queries = useQueryClient();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data: options } = useQuery(signInOptionsQuery);
  const title = TITLES[view];

  const goOn = useCallback(
    () => router.history.replace(pageAfterSignIn(next, window.location.origin)),
    [router, next],
  );
  useEffect(() => {
    document.title = `${title} - Pictograph`;
  }, [title]);
  useEffect(() => {
    // Somebody who is signed in already, here or in another tab.
    if (session) goOn();
  }, [session, goOn]);

  function onSignedIn(begun: Session) {
    // What was known belongs to whoever was here before.
    queries.clear();
    queries.setQueryData(sessionQuery.queryKey, begun);
    goOn();
  }

  return (
    <main className="flex min-h-full flex-col items-center justify-center px-4 py-10">
      <div className="w-full max-w-sm">
        <p className="mb-5 flex items-center justify-center gap-2.5 font-semibold text-xl">
          <img src="/favicon.svg" alt="" className="size-8" />
          Pictograph
        </p>
        <div className="rounded-lg border border-line bg-surface p-6">
          {view !== "password" && (
            <Link
              to="/sign-in"
              search={{ next }}
              className="mb-2 inline-flex min-h-6 items-center gap-1 text-muted text-sm hover:text-text"
            >
              <ArrowLeft aria-hidden="true" className="size-3.5" />
              Sign in
            </Link>
          )}
          <h1 className="mb-4 font-semibold text-lg">{title}</h1>
          {view === "password" && <SignInForm onSignedIn={onSignedIn} />}
          {view === "register" && <RegisterForm onSignedIn={onSignedIn} />}
          {view === "forgotten" && options && <ForgottenPassword sendsLetters={options.sends_letters} />}
          {view === "password" && (
            <div className="mt-4 flex flex-wrap justify-between gap-x-4 gap-y-1 text-sm">
              <OtherWay view="forgotten" next={next}>
                Forgotten password
              </OtherWay>
              {options?.registration === "open" && (
                <OtherWay view="register" next={next}>
                  Create an account
                </OtherWay>
              )}
            </div>
          )}
        </div>
        {view === "password" && <WithoutPassword isOpen={options?.registration === "open"} />}
      </div>
    </main>
  );
}

function OtherWay({
  view,
  next,
  children,
}: {
  view: "register" | "forgotten";
  next?: string;
  children: ReactNode;
}) {
  return (
    <Link
      to="/sign-in"
      search={{ next, view }}
      className="inline-flex min-h-6 items-center rounded text-accent hover:underline"
    >
      {children}
    </Link>
  );
}

function WithoutPassword({ isOpen }: { isOpen: boolean }) {
  return (
    <section aria-labelledby="without" className="mt-5 flex flex-col gap-2 px-1 text-muted text-sm">
      <h2 id="without" className="font-medium text-text">
        No e-mail address or password yet?
      </h2>
      <p>
        <code className="font-mono text-xs">pictograph up</code> prints a link that signs you in. While the
        server runs, this makes another on its machine:
      </p>
      <CodeLine code="pictograph login-link" label="Copy the command" />
      {!isOpen && <p>In an organization of others, ask one of its admins for an invite.</p>}
    </section>
  );
}
