import { useState } from "react";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Kbd } from "@/ui/kbd";
import { KeyList, KeyRow } from "@/ui/key-list";
import { Segmented } from "@/ui/segmented";
import { ACTIONS, type ActionId, type KeyAction, PRESETS, type PresetId } from "./actions";
import { comboOf, comboWords } from "./combo";
import { FIXED } from "./fixed";
import { assign, type KeySettings, keysOf, reset, STANDARD } from "./key-map";

interface KeysDialogProps {
  settings: KeySettings;
  onChange: (settings: KeySettings) => void;
  onClose: () => void;
}

export const GROUPS = ["Images", "Tools", "Classes", "Annotations", "View", "Review"] as const;
export const FIXED_GROUPS = ["By keyboard", "With the pointer"] as const;
const IS_MAC = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** All keys, and other ones for whoever wants them. */
export function KeysDialog({ settings, onChange, onClose }: KeysDialogProps) {
  const [asking, setAsking] = useState<ActionId | null>(null);
  const [note, setNote] = useState<{ words: string; settled?: KeySettings } | null>(null);

  const isStandard = settings.preset === "standard" && Object.keys(settings.changed).length === 0;

  function give(action: KeyAction, combo: string) {
    const given = assign(settings, action.id, combo);
    setAsking(null);
    if (given.kind === "ok") {
      setNote(null);
      onChange(given.settings);
    } else if (given.kind === "taken") {
      setNote({ words: `${comboWords(combo, IS_MAC)} belongs to ${given.by}. Press another key.` });
    } else {
      setNote({
        words: `${comboWords(combo, IS_MAC)} is «${given.with.words}» already. It would lose that key.`,
        settled: given.settings,
      });
    }
  }

  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="lg"
      title="Keys"
      description="Choose a key to change it. Your keys are kept in this browser."
      actions={
        <Button onClick={() => onChange(STANDARD)} disabled={isStandard}>
          Reset all keys
        </Button>
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-3 text-sm">
        <span>From image to image</span>
        <Segmented
          label="Keys from image to image"
          value={settings.preset}
          onChange={(preset: PresetId) => onChange({ ...settings, preset })}
          options={(Object.keys(PRESETS) as PresetId[]).map((preset) => ({
            value: preset,
            label: PRESETS[preset].words,
          }))}
        />
      </div>
      <div role="status" className="mb-2 min-h-6 text-sm">
        {asking !== null && (
          <span className="text-accent">Press the new key, or Escape to leave it as it is.</span>
        )}
        {note && (
          <span className="flex flex-wrap items-center gap-2 text-warn">
            {note.words}
            {note.settled && (
              <Button
                size="sm"
                onClick={() => {
                  if (note.settled) onChange(note.settled);
                  setNote(null);
                }}
              >
                Take it anyway
              </Button>
            )}
          </span>
        )}
      </div>
      <div className="gap-8 sm:columns-2">
        {GROUPS.map((group) => (
          <KeyList key={group} title={group}>
            {ACTIONS.filter((each) => each.group === group).map((action) => (
              <KeyRow key={action.id} words={action.words}>
                {settings.changed[action.id] && (
                  <button
                    type="button"
                    onClick={() => onChange(reset(settings, action.id))}
                    className="h-6 rounded px-1 text-accent text-xs hover:bg-hover"
                  >
                    Reset
                  </button>
                )}
                <button
                  type="button"
                  onClick={() => {
                    setNote(null);
                    setAsking(action.id);
                  }}
                  onBlur={() => setAsking(null)}
                  onKeyDown={(event) => {
                    if (asking !== action.id) return;
                    const combo = comboOf(event);
                    if (combo === null) return;
                    event.preventDefault();
                    event.stopPropagation();
                    if (combo === "Escape") setAsking(null);
                    else give(action, combo);
                  }}
                  className="flex min-h-6 min-w-8 items-center justify-end gap-1 rounded px-0.5 hover:bg-hover"
                >
                  {asking === action.id ? (
                    <Kbd>…</Kbd>
                  ) : keysOf(settings, action.id).length === 0 ? (
                    <span className="text-faint text-xs">none</span>
                  ) : (
                    keysOf(settings, action.id).map((combo) => (
                      <Kbd key={combo}>{comboWords(combo, IS_MAC)}</Kbd>
                    ))
                  )}
                  <span className="sr-only">: change the key of {action.words}</span>
                </button>
              </KeyRow>
            ))}
          </KeyList>
        ))}
        {FIXED_GROUPS.map((group) => (
          <KeyList
            key={group}
            title={`On the image: ${group.toLowerCase()}`}
            label={`On the image, ${group}`}
          >
            {FIXED.filter((each) => each.group === group).map((each) => (
              <KeyRow key={each.words} words={each.words}>
                <Kbd>{each.keys}</Kbd>
              </KeyRow>
            ))}
          </KeyList>
        ))}
      </div>
    </Dialog>
  );
}
