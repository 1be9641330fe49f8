/** Tags given to many images, and taken from them. */

import { Plus, X } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-note";

interface TagDialogProps {
  /** In words: "16 images". */
  what: string;
  /** Tags that images of the dataset have. */
  known: readonly string[];
  onClose: () => void;
  onTag: (add: string[], remove: string[]) => Promise<unknown>;
}

export function TagDialog({ what, known, onClose, onTag }: TagDialogProps) {
  const [add, setAdd] = useState<string[]>([]);
  const [remove, setRemove] = useState<string[]>([]);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);

  async function tag() {
    setIsBusy(true);
    setProblem(null);
    try {
      await onTag(add, remove);
      onClose();
    } catch (error) {
      setProblem(error);
    } finally {
      setIsBusy(false);
    }
  }

  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Tag ${what}`}
      description="A tag says something of an image as a whole: night, rain, blurred."
      size="sm"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            isBusy={isBusy}
            disabled={add.length === 0 && remove.length === 0}
            onClick={tag}
          >
            Apply
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TagList label="Give" known={known} tags={add} onChange={setAdd} />
        <TagList label="Take away" known={known} tags={remove} onChange={setRemove} />
        {problem !== null && <ProblemNote problem={problem} />}
      </div>
    </Dialog>
  );
}

interface TagListProps {
  label: string;
  known: readonly string[];
  tags: string[];
  onChange: (tags: string[]) => void;
}

function TagList({ label, known, tags, onChange }: TagListProps) {
  const [text, setText] = useState("");
  const listId = useId();
  function submit(event: FormEvent) {
    event.preventDefault();
    const name = text.trim();
    if (name !== "" && !tags.includes(name)) onChange([...tags, name]);
    setText("");
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <div className="flex items-end gap-2">
        <TextField
          className="grow"
          label={label}
          value={text}
          maxLength={120}
          list={listId}
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" disabled={text.trim() === ""}>
          <Plus className="size-4" /> Add
        </Button>
      </div>
      <datalist id={listId}>
        {known.map((tag) => (
          <option key={tag} value={tag} />
        ))}
      </datalist>
      {tags.length > 0 && (
        <ul className="flex flex-wrap gap-1.5">
          {tags.map((tag) => (
            <li
              key={tag}
              className="inline-flex h-7 max-w-full items-center rounded-full bg-accent-soft pl-2.5 text-accent text-xs"
            >
              <span className="truncate">{tag}</span>
              <button
                type="button"
                aria-label={`Leave out ${tag}`}
                onClick={() => onChange(tags.filter((each) => each !== tag))}
                className="flex size-7 shrink-0 items-center justify-center rounded-full hover:bg-hover"
              >
                <X className="size-3.5" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}
