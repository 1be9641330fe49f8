import { Eye, EyeOff, Plus } from "lucide-react";
import { type RefObject, useState } from "react";
import type { ClassColors } from "@/lib/class-colors";
import { cx } from "@/lib/class-names";
import { CONTROL } from "@/ui/field";
import { Kbd } from "@/ui/kbd";
import { classMatches } from "../class-matches";
import { VirtualList } from "./virtual-list";

interface ClassPanelProps {
  /** In the dataset's order; the first nine have the number keys. */
  classes: readonly string[];
  /** Annotations of each on this image. */
  counts: ReadonlyMap<string, number>;
  colors: ClassColors;
  current: string;
  hidden: ReadonlySet<string>;
  isReadOnly: boolean;
  input: RefObject<HTMLInputElement | null>;
  onPick: (name: string) => void;
  onHide: (name: string) => void;
  /** Leave the field: back to the image. */
  onDone: () => void;
}

/** The dataset's classes: pick one to draw with, by click, number or its first letters; a new one by its name. */
export function ClassPanel(props: ClassPanelProps) {
  const { classes, counts, colors, current, hidden, onPick } = props;
  const [typed, setTyped] = useState("");
  const matches = classMatches(classes, typed);
  const isNew = typed.trim() !== "" && !classes.includes(typed.trim());

  function pick(name: string) {
    onPick(name);
    setTyped("");
    props.onDone();
  }

  return (
    // It keeps its height however long the list of annotations below it is.
    <section aria-label="Classes" className="flex max-h-[45%] shrink-0 flex-col border-line border-b">
      <div className="px-3 pt-3 pb-2">
        <input
          ref={props.input}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              setTyped("");
              props.onDone();
            }
            const best = matches[0] ?? (isNew && !props.isReadOnly ? typed.trim() : undefined);
            if (event.key === "Enter" && best !== undefined) pick(best);
          }}
          placeholder={props.isReadOnly ? "Find a class" : "Find or add a class"}
          aria-label={props.isReadOnly ? "Find a class" : "Find or add a class"}
          maxLength={120}
          autoComplete="off"
          spellCheck={false}
          className={cx(CONTROL, "h-8 pointer-coarse:h-10")}
        />
      </div>
      <VirtualList
        label="List of classes"
        items={matches}
        rowHeight={32}
        keyOf={(name) => name}
        shown={typed === "" ? matches.indexOf(current) : null}
        className="px-1.5 pb-1.5"
      >
        {(name) => {
          const number = classes.indexOf(name) + 1;
          return (
            <div className="group flex h-full items-center rounded-md hover:bg-hover has-[[aria-pressed=true]]:bg-accent-soft">
              <button
                type="button"
                aria-pressed={name === current}
                onClick={() => pick(name)}
                title={name}
                className="flex h-full min-w-0 grow items-center gap-2 rounded-md px-1.5 text-left text-sm"
              >
                <span
                  aria-hidden="true"
                  className="size-3 shrink-0 rounded-sm"
                  style={{ backgroundColor: colors(name) }}
                />
                <span className={cx("truncate", hidden.has(name) && "text-faint line-through")}>{name}</span>
              </button>
              <span className="shrink-0 px-1 text-muted text-xs tabular-nums">{counts.get(name) ?? 0}</span>
              <span className="flex w-6 shrink-0 justify-center">{number <= 9 && <Kbd>{number}</Kbd>}</span>
              <button
                type="button"
                aria-label={hidden.has(name) ? `Show ${name}` : `Hide ${name}`}
                aria-pressed={hidden.has(name) ? undefined : false}
                onClick={() => props.onHide(name)}
                className="flex size-7 shrink-0 items-center justify-center rounded text-muted hover:text-text pointer-coarse:size-8"
              >
                {hidden.has(name) ? (
                  <EyeOff aria-hidden="true" className="size-3.5" />
                ) : (
                  <Eye aria-hidden="true" className="size-3.5" />
                )}
              </button>
            </div>
          );
        }}
      </VirtualList>
      {isNew && !props.isReadOnly && (
        <button
          type="button"
          onClick={() => pick(typed.trim())}
          className="mx-1.5 mb-1.5 flex h-8 items-center gap-2 rounded-md px-1.5 text-accent text-sm hover:bg-hover"
        >
          <Plus aria-hidden="true" className="size-3.5 shrink-0" />
          <span className="truncate">Draw with the new class «{typed.trim()}»</span>
        </button>
      )}
      {classes.length === 0 && typed === "" && (
        <p className="px-3 pb-3 text-muted text-sm">
          {props.isReadOnly
            ? "This dataset has no classes yet."
            : "Type the name of what you want to mark, then draw it."}
        </p>
      )}
    </section>
  );
}
