/** Words in which backticks set off what a program reads: a setting's value, a command. */

import { Fragment } from "react";

export function WithCode({ text }: { text: string }) {
  // The odd parts stood between backticks.
  const parts = text.split(/`([^`]+)`/).map((words, place) => ({ words, place }));
  return parts.map(({ words, place }) =>
    place % 2 === 1 ? (
      <code key={place} className="font-mono text-[0.95em]">
        {words}
      </code>
    ) : (
      <Fragment key={place}>{words}</Fragment>
    ),
  );
}
