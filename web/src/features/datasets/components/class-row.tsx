/** A class in the class manager: place, colour, name, shape, prompts, and how much there is of it. */

import { Link } from "@tanstack/react-router";
import { ArrowDown, ArrowUp, Ellipsis } from "lucide-react";
import { useEffect, useState } from "react";
import { formatCount } from "@/lib/format";
import { Checkbox } from "@/ui/checkbox";
import { Select } from "@/ui/field";
import { IconButton } from "@/ui/icon-button";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { Td, Tr } from "@/ui/table";
import { type ClassAnswer, type ClassCount, defaultPrompt } from "../api";
import { ColorPicker } from "./color-picker";
import { SHAPES } from "./shapes";

interface ClassRowProps {
  datasetName: string;
  entry: ClassAnswer;
  color: string;
  count: ClassCount | undefined;
  isSelected: boolean;
  isFirst: boolean;
  isLast: boolean;
  mayChange: boolean;
  mayDelete: boolean;
  onSelect: (isSelected: boolean) => void;
  onChange: (change: Partial<ClassAnswer>) => void;
  onMove: (by: -1 | 1) => void;
  onRename: () => void;
  onMerge: () => void;
  onDelete: () => void;
}

export function ClassRow(props: ClassRowProps) {
  const { datasetName, entry, color, count, mayChange, onChange } = props;
  const images = count?.image_count ?? 0;
  const tagged = count?.tagged_image_count ?? 0;
  const shapes = SHAPES.some((shape) => shape.value === entry.type)
    ? SHAPES
    : [...SHAPES, { value: entry.type ?? "", label: entry.type ?? "Any" }];
  return (
    <Tr>
      <Td className="w-10">
        <Checkbox
          isChecked={props.isSelected}
          onChange={props.onSelect}
          label={`Choose ${entry.name}`}
          isLabelHidden
        />
      </Td>
      <Td className="w-12">
        <ColorPicker
          label={`Colour of ${entry.name}`}
          color={color}
          disabled={!mayChange}
          onChange={(value) => onChange({ color: value })}
        />
      </Td>
      <Td className="w-1/2 max-w-0 font-medium">
        <span className="wrap-anywhere line-clamp-2" title={entry.name}>
          {entry.name}
        </span>
      </Td>
      <Td>
        <Select
          className="min-w-27"
          aria-label={`Shape of ${entry.name}`}
          value={entry.type ?? ""}
          disabled={!mayChange}
          onChange={(value) => onChange({ type: value })}
          options={shapes}
        />
      </Td>
      <Td className="w-1/2 min-w-30 lg:min-w-52">
        <PromptsField
          className={entry.name}
          prompts={entry.prompts}
          disabled={!mayChange}
          onChange={(prompts) => onChange({ prompts })}
        />
      </Td>
      <Td isNumber className="max-lg:px-2">
        {images + tagged === 0 ? (
          <span className="text-muted">0</span>
        ) : (
          <Link
            to="/datasets/$name"
            params={{ name: datasetName }}
            search={{ class_name: entry.name }}
            className="text-accent hover:underline"
          >
            {formatCount(Math.max(images, tagged))}
          </Link>
        )}
      </Td>
      <Td isNumber>{formatCount(count?.annotation_count ?? 0)}</Td>
      <Td className="w-12 max-lg:px-1 lg:w-32">
        {mayChange && (
          <div className="flex justify-end">
            <IconButton
              label={`Move ${entry.name} up`}
              disabled={props.isFirst}
              className="max-lg:hidden"
              onClick={() => props.onMove(-1)}
            >
              <ArrowUp />
            </IconButton>
            <IconButton
              label={`Move ${entry.name} down`}
              disabled={props.isLast}
              className="max-lg:hidden"
              onClick={() => props.onMove(1)}
            >
              <ArrowDown />
            </IconButton>
            <Menu
              trigger={
                <button
                  type="button"
                  aria-label={`More for ${entry.name}`}
                  className="inline-flex size-8 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text"
                >
                  <Ellipsis className="size-4" />
                </button>
              }
            >
              <MenuItem disabled={props.isFirst} onSelect={() => props.onMove(-1)}>
                Move up
              </MenuItem>
              <MenuItem disabled={props.isLast} onSelect={() => props.onMove(1)}>
                Move down
              </MenuItem>
              <MenuSeparator />
              <MenuItem onSelect={props.onRename}>Rename…</MenuItem>
              <MenuItem onSelect={props.onMerge}>Merge into another…</MenuItem>
              {props.mayDelete && (
                <>
                  <MenuSeparator />
                  <MenuItem isDangerous onSelect={props.onDelete}>
                    Delete…
                  </MenuItem>
                </>
              )}
            </Menu>
          </div>
        )}
      </Td>
    </Tr>
  );
}

interface PromptsFieldProps {
  className: string;
  prompts: readonly string[];
  disabled: boolean;
  onChange: (prompts: string[]) => void;
}

/** Saved when the field is left, or with Enter. */
function PromptsField({ className, prompts, disabled, onChange }: PromptsFieldProps) {
  const saved = prompts.join(", ");
  const [text, setText] = useState(saved);
  useEffect(() => setText(saved), [saved]);
  function save() {
    const wanted = text
      .split(",")
      .map((prompt) => prompt.trim())
      .filter((prompt) => prompt !== "");
    if (wanted.join(", ") === saved) setText(saved);
    // A class without a prompt keeps the one it has: what is asked then is said in so many words.
    else onChange(wanted.length > 0 ? [...new Set(wanted)] : [defaultPrompt(className)]);
  }
  return (
    <input
      aria-label={`Prompts of ${className}`}
      value={text}
      disabled={disabled}
      placeholder={defaultPrompt(className)}
      onChange={(event) => setText(event.target.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") setText(saved);
      }}
      className="h-8.5 w-full rounded-md border border-transparent bg-transparent px-2 text-sm text-ellipsis placeholder:text-faint hover:border-line-strong/60 focus:border-line-strong focus:bg-surface"
    />
  );
}
