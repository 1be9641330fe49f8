/** The classes to look for: typed one by one, or pasted as a list; each with its shape and the words to look for. */

import { Plus, X } from "lucide-react";
import { type ClipboardEvent, type KeyboardEvent, useState } from "react";
import { classColors } from "@/lib/class-colors";
import { Button } from "@/ui/button";
import { Select, TextField } from "@/ui/field";
import { IconButton } from "@/ui/icon-button";
import { parseClasses, type Shape, type TypedClass, withClasses } from "../classes";

const SHAPE_LABELS: Record<Shape, string> = { bbox: "Box", polygon: "Outline", tag: "Tag" };

interface ClassEditorProps {
  classes: readonly TypedClass[];
  onChange: (classes: TypedClass[]) => void;
  /** Of classes whose shape was not chosen. */
  shape: Shape;
  /** Names to offer: those that the dataset has. */
  known: readonly string[];
}

export function ClassEditor({ classes, onChange, shape, known }: ClassEditorProps) {
  const [text, setText] = useState("");
  const colors = classColors(classes);

  function add(typed: string) {
    const added = parseClasses(typed);
    if (added.length > 0) onChange(withClasses(classes, added));
    setText("");
  }

  function onKey(event: KeyboardEvent<HTMLInputElement>) {
    if (event.key === "Enter" || (event.key === "," && text.trim() !== "")) {
      event.preventDefault();
      add(text);
    } else if (event.key === "Backspace" && text === "" && classes.length > 0) {
      onChange(classes.slice(0, -1));
    }
  }

  function onPaste(event: ClipboardEvent<HTMLInputElement>) {
    const pasted = event.clipboardData.getData("text");
    if (!/[\n,;\t]/.test(pasted)) return;
    event.preventDefault();
    add(text + pasted);
  }

  function change(name: string, values: Partial<TypedClass>) {
    onChange(classes.map((each) => (each.name === name ? { ...each, ...values } : each)));
  }

  const offered = known.filter((name) => !classes.some((each) => each.name === name));
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-start gap-2">
        <TextField
          label="Add a class"
          className="grow"
          value={text}
          placeholder="stop_sign"
          autoComplete="off"
          maxLength={500}
          hint="Enter adds it; paste a list to add many. stop_sign:polygon says its shape, stop_sign = red octagon what to look for."
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKey}
          onPaste={onPaste}
          onBlur={() => text.trim() !== "" && add(text)}
        />
        <Button className="mt-6" onClick={() => add(text)} disabled={text.trim() === ""}>
          <Plus className="size-4" /> Add
        </Button>
      </div>
      {offered.length > 0 && (
        <div className="flex flex-wrap items-center gap-1.5 text-xs">
          <span className="text-muted">In the dataset:</span>
          {offered.slice(0, 12).map((name) => (
            <Button key={name} size="sm" className="max-w-48" onClick={() => add(name)}>
              <Plus className="size-3.5" /> <span className="truncate">{name}</span>
            </Button>
          ))}
        </div>
      )}
      {classes.length > 0 && (
        <ul
          aria-label="Classes to look for"
          className="flex flex-col divide-y divide-line rounded-md border border-line"
        >
          {classes.map((each) => (
            <li key={each.name} className="flex flex-wrap items-center gap-x-3 gap-y-2 px-2.5 py-2">
              <span
                aria-hidden="true"
                className="size-3 shrink-0 rounded-sm"
                style={{ background: colors(each.name) }}
              />
              <span className="min-w-32 grow basis-32 truncate font-medium text-sm" title={each.name}>
                {each.name}
              </span>
              <div className="w-40 shrink-0">
                <Select
                  aria-label={`Shape of ${each.name}`}
                  value={each.shape ?? ""}
                  onChange={(value) => change(each.name, { shape: (value || null) as Shape | null })}
                  options={[
                    { value: "", label: `Automatic: ${SHAPE_LABELS[shape].toLowerCase()}` },
                    ...Object.entries(SHAPE_LABELS).map(([value, label]) => ({ value, label })),
                  ]}
                />
              </div>
              <TextField
                label={`Words to look for, of ${each.name}`}
                isLabelHidden
                className="min-w-40 grow basis-40"
                value={each.prompt}
                maxLength={500}
                placeholder={`look for: ${each.name.replace(/[_-]+/g, " ")}`}
                autoComplete="off"
                onChange={(event) => change(each.name, { prompt: event.target.value })}
              />
              <IconButton
                label={`Remove ${each.name}`}
                onClick={() => onChange(classes.filter((other) => other.name !== each.name))}
              >
                <X />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
