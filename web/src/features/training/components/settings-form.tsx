/** A pipeline's settings, drawn from its schema: the main ones, and the others folded away. */

import { ChevronRight } from "lucide-react";
import { useId } from "react";
import { SelectField, TextField } from "@/ui/field";
import { Switch } from "@/ui/switch";
import { WithCode } from "@/ui/with-code";
import { asTyped, rangeWords, type Setting, type Typed } from "../config-schema";

interface SettingsFormProps {
  settings: readonly Setting[];
  typed: Typed;
  problems: Readonly<Record<string, string>>;
  onChange: (key: string, text: string) => void;
}

export function SettingsForm({ settings, typed, problems, onChange }: SettingsFormProps) {
  const advanced = settings.filter((each) => each.isAdvanced);
  const changed = advanced.filter((each) => (typed[each.key] ?? "") !== "").length;
  const field = (setting: Setting) => (
    <SettingField
      key={setting.key}
      setting={setting}
      text={typed[setting.key] ?? asTyped(setting, setting.initial)}
      problem={problems[setting.key]}
      onChange={(text) => onChange(setting.key, text)}
    />
  );
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 md:grid-cols-2">
        {settings.filter((each) => !each.isAdvanced).map(field)}
      </div>
      {advanced.length > 0 && (
        <details className="group" open={advanced.some((each) => problems[each.key]) || undefined}>
          <summary className="flex min-h-8 w-fit cursor-pointer list-none items-center gap-1.5 text-muted text-sm hover:text-text">
            <ChevronRight aria-hidden="true" className="size-4 transition-transform group-open:rotate-90" />
            More settings ({advanced.length}
            {changed > 0 ? `, ${changed} changed` : ""})
          </summary>
          <div className="mt-3 grid gap-4 md:grid-cols-2">{advanced.map(field)}</div>
        </details>
      )}
    </div>
  );
}

interface SettingFieldProps {
  setting: Setting;
  text: string;
  problem: string | undefined;
  onChange: (text: string) => void;
}

function SettingField({ setting, text, problem, onChange }: SettingFieldProps) {
  const list = useId();
  const range = rangeWords(setting);
  const steps = setting.multipleOf ? `multiple of ${setting.multipleOf}` : "";
  const hint = (
    <WithCode
      text={[setting.description, [range, steps].filter(Boolean).join(", ")].filter(Boolean).join(" ")}
    />
  );
  const label = setting.unit ? `${setting.label} (${setting.unit})` : setting.label;
  if (setting.kind === "boolean") {
    return (
      <Switch
        label={label}
        hint={<WithCode text={setting.description} />}
        isOn={text === "true"}
        onChange={(isOn) => onChange(String(isOn))}
      />
    );
  }
  if (setting.kind === "choice") {
    const automatic = setting.fallback ? `Automatic: ${setting.fallback}` : "Automatic";
    return (
      <SelectField
        label={label}
        hint={hint}
        problem={problem}
        value={text}
        onChange={onChange}
        options={
          setting.initial === null ? [{ value: "", label: automatic }, ...setting.options] : setting.options
        }
      />
    );
  }
  const isNumber = setting.kind === "integer" || setting.kind === "number";
  return (
    <div>
      <TextField
        label={label}
        hint={hint}
        problem={problem}
        value={text}
        inputMode={isNumber ? (setting.kind === "integer" ? "numeric" : "decimal") : undefined}
        placeholder={setting.fallback || (setting.initial === null ? "automatic" : undefined)}
        list={setting.examples.length > 0 ? list : undefined}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
      {setting.examples.length > 0 && (
        <datalist id={list}>
          {setting.examples.map((example) => (
            <option key={example} value={example} />
          ))}
        </datalist>
      )}
    </div>
  );
}
