/** A pipeline's settings: its JSON schema as fields of a form, and what was typed as the settings that are sent. */

export interface SettingOption {
  value: string;
  label: string;
}

export interface Setting {
  key: string;
  label: string;
  /** `json` is for what no field of ours fits: it is written as JSON. */
  kind: "integer" | "number" | "boolean" | "choice" | "text" | "json";
  description: string;
  /** What happens when it is left empty, in the schema's words. */
  fallback: string;
  unit: string;
  /** Null where the pipeline decides. */
  initial: unknown;
  minimum?: number;
  maximum?: number;
  /** The value has to be more than `minimum`. */
  isMinimumExcluded?: boolean;
  multipleOf?: number;
  maxLength?: number;
  options: readonly SettingOption[];
  examples: readonly string[];
  isAdvanced: boolean;
}

/** As typed: an empty text leaves the choice to the pipeline. */
export type Typed = Readonly<Record<string, string>>;

interface Schema {
  type?: string | string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  $ref?: string;
  $defs?: Record<string, Schema>;
  properties?: Record<string, Schema>;
  title?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  maxLength?: number;
}

/** What most people look at; all other settings are folded away. */
const MAIN = [
  "epochs",
  "image_size",
  "batch_size",
  "model_type",
  "variant",
  "architecture",
  "encoder",
  "weights",
];

const UNITS: Record<string, string> = { image_size: "px", max_minutes: "min" };

export function settingsOf(schema: unknown): Setting[] {
  const root = (schema ?? {}) as Schema;
  const settings = Object.entries(root.properties ?? {}).map(([key, property]) =>
    settingOf(key, property, root),
  );
  const place = (setting: Setting) => (setting.isAdvanced ? MAIN.length : MAIN.indexOf(setting.key));
  return settings.sort((a, b) => place(a) - place(b));
}

function settingOf(key: string, property: Schema, root: Schema): Setting {
  const type = kindOf(property, root);
  const { about, fallback } = splitDescription(property.description ?? "");
  const options = optionsOf(type);
  const kind = options.length > 0 ? "choice" : plainKind(type);
  const minimum = type.minimum ?? type.exclusiveMinimum;
  return {
    key,
    label: labelOf(key),
    kind,
    description: about,
    fallback,
    unit: UNITS[key] ?? "",
    initial: property.default ?? null,
    minimum,
    maximum: type.maximum ?? type.exclusiveMaximum,
    isMinimumExcluded: type.minimum === undefined && type.exclusiveMinimum !== undefined,
    multipleOf: type.multipleOf,
    maxLength: type.maxLength,
    options,
    examples: (property.examples ?? type.examples ?? []).map(String),
    isAdvanced: !MAIN.includes(key),
  };
}

/** Return the one kind of value besides null; of several, a mixture that only JSON can write. */
function kindOf(property: Schema, root: Schema): Schema {
  const referred = property.$ref ? { ...at(root, property.$ref), ...property, $ref: undefined } : property;
  const parts =
    referred.anyOf ?? referred.oneOf ?? (referred.allOf?.length === 1 ? referred.allOf : undefined);
  if (!parts) {
    if (!Array.isArray(referred.type)) return referred;
    const types = referred.type.filter((type) => type !== "null");
    return { ...referred, type: types.length === 1 ? types[0] : "mixture" };
  }
  const rest = parts.map((part) => kindOf(part, root)).filter((part) => part.type !== "null");
  const [first] = rest;
  if (!first) return {};
  if (rest.length === 1)
    return { ...referred, anyOf: undefined, oneOf: undefined, allOf: undefined, ...first };
  if (rest.every((part) => optionsOf(part).length > 0)) {
    return { enum: rest.flatMap((part) => (part.const === undefined ? (part.enum ?? []) : [part.const])) };
  }
  return { type: "mixture" };
}

function at(root: Schema, reference: string): Schema {
  const name = reference.split("/").at(-1) ?? "";
  return root.$defs?.[name] ?? {};
}

function optionsOf(type: Schema): SettingOption[] {
  const values = type.const === undefined ? type.enum : [type.const];
  return (values ?? [])
    .filter((value) => value !== null)
    .map((value) => ({ value: String(value), label: String(value).replaceAll("_", " ") }));
}

function plainKind(type: Schema): Setting["kind"] {
  switch (type.type) {
    case "integer":
    case "number":
    case "boolean":
      return type.type;
    case "string":
      return "text";
    default:
      return "json";
  }
}

/** "Side of the input. Default: by device." tells what it is, and what happens without. */
function splitDescription(text: string): { about: string; fallback: string } {
  const found = /\s*Default: (.+?)\.?$/s.exec(text);
  if (!found) return { about: text, fallback: "" };
  return { about: text.slice(0, found.index).trim(), fallback: found[1] ?? "" };
}

function labelOf(key: string): string {
  const text = key.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Return how a value is typed; of what the pipeline decides, nothing. */
export function asTyped(setting: Setting, value: unknown): string {
  if (value === null || value === undefined) return "";
  return setting.kind === "json" ? JSON.stringify(value) : String(value);
}

export interface ReadSettings {
  /** What differs from the schema's defaults. */
  config: Record<string, unknown>;
  /** Key → what is wrong with what was typed. */
  problems: Record<string, string>;
}

/** Return the settings to send: only those that were changed, so that defaults stay the pipeline's. */
export function readSettings(settings: readonly Setting[], typed: Typed): ReadSettings {
  const config: Record<string, unknown> = {};
  const problems: Record<string, string> = {};
  for (const setting of settings) {
    const text = (typed[setting.key] ?? asTyped(setting, setting.initial)).trim();
    if (text === asTyped(setting, setting.initial)) continue;
    if (text === "") {
      if (setting.initial !== null) problems[setting.key] = "It needs a value.";
      continue;
    }
    const { value, problem } = readOne(setting, text);
    if (problem) problems[setting.key] = problem;
    else config[setting.key] = value;
  }
  return { config, problems };
}

function readOne(setting: Setting, text: string): { value?: unknown; problem?: string } {
  if (setting.kind === "boolean") return { value: text === "true" };
  if (setting.kind === "choice") {
    const isNumber = setting.options.every(
      (option) => option.value !== "" && !Number.isNaN(Number(option.value)),
    );
    return { value: isNumber ? Number(text) : text };
  }
  if (setting.kind === "text") {
    const isLong = setting.maxLength !== undefined && text.length > setting.maxLength;
    return isLong ? { problem: `At most ${setting.maxLength} characters.` } : { value: text };
  }
  if (setting.kind === "json") {
    try {
      return { value: JSON.parse(text) };
    } catch {
      return { problem: 'Write it as JSON: 3, "text", [1, 2] …' };
    }
  }
  return readNumber(setting, text);
}

function readNumber(setting: Setting, text: string): { value?: number; problem?: string } {
  const value = Number(text);
  const { minimum, maximum, multipleOf } = setting;
  if (Number.isNaN(value)) return { problem: "It has to be a number." };
  if (setting.kind === "integer" && !Number.isInteger(value))
    return { problem: "It has to be a whole number." };
  const isBelow = minimum !== undefined && (setting.isMinimumExcluded ? value <= minimum : value < minimum);
  if (isBelow || (maximum !== undefined && value > maximum))
    return { problem: `It has to be ${rangeWords(setting)}.` };
  if (multipleOf && value % multipleOf !== 0) return { problem: `It has to be a multiple of ${multipleOf}.` };
  return { value };
}

/** "1 to 2000", "more than 0", "up to 0.5"; empty without bounds. */
export function rangeWords({ minimum, maximum, isMinimumExcluded }: Setting): string {
  if (minimum === undefined) return maximum === undefined ? "" : `up to ${maximum}`;
  const from = isMinimumExcluded ? `more than ${minimum}` : `${minimum}`;
  if (maximum === undefined) return isMinimumExcluded ? from : `${from} or more`;
  return isMinimumExcluded ? `${from}, up to ${maximum}` : `${from} to ${maximum}`;
}
