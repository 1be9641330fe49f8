import { useEffect, useRef } from "react";
import { cx } from "@/lib/class-names";
import type { JobMessage } from "@/lib/job-events";
import { Card, CardTitle } from "@/ui/page";

/** What the run said, the newest last, and in view unless somebody reads further up. */
export function RunMessages({ messages }: { messages: readonly JobMessage[] }) {
  const list = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new message makes the list longer
  useEffect(() => {
    if (list.current && isAtEnd.current) list.current.scrollTop = list.current.scrollHeight;
  }, [messages.length]);
  return (
    <Card>
      <CardTitle>What it says</CardTitle>
      {messages.length === 0 ? (
        <p className="text-muted text-sm">No message.</p>
      ) : (
        <ol
          ref={list}
          tabIndex={0}
          onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
            isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24;
          }}
          aria-label="Messages"
          className="flex max-h-72 flex-col gap-1.5 overflow-y-auto text-sm"
        >
          {messages.map((message) => (
            <li key={`${message.at}${message.text}`} className="flex gap-3">
              <time dateTime={message.at} className="shrink-0 text-muted tabular-nums">
                {clock(message.at)}
              </time>
              <span className={cx("min-w-0 break-words", message.kind === "failed" && "text-danger")}>
                {message.text}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function clock(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleTimeString("en", { hour12: false });
}
