import { Button } from "@/ui/button";
import { Segmented } from "@/ui/segmented";
import { Slider } from "@/ui/slider";
import { Switch } from "@/ui/switch";
import { DEFAULT_VIEW, type ViewSettings } from "../view-settings";

interface ViewPanelProps {
  view: ViewSettings;
  /** How many annotations are below the threshold. */
  below: number;
  onChange: (change: Partial<ViewSettings>) => void;
}

/** How the image and what is drawn on it look. Nothing here changes what is saved. */
export function ViewPanel({ view, below, onChange }: ViewPanelProps) {
  const isPlain = view.brightness === 1 && view.contrast === 1;
  return (
    <div className="flex min-h-0 grow flex-col gap-5 overflow-y-auto p-3 text-sm">
      <section aria-label="Confidence" className="flex flex-col gap-2">
        <Adjustment
          name="Confidence threshold"
          value={view.threshold}
          words={view.threshold.toFixed(2)}
          max={1}
          onChange={(threshold) => onChange({ threshold })}
        />
        <div className="flex items-center justify-between gap-2">
          <span className="text-muted">{below} below it</span>
          <Segmented
            label="Annotations below the threshold are"
            value={view.belowThreshold}
            onChange={(belowThreshold) => onChange({ belowThreshold })}
            options={[
              { value: "dim", label: "Dim" },
              { value: "hide", label: "Hide" },
            ]}
          />
        </div>
      </section>
      <section aria-label="Brightness and contrast" className="flex flex-col gap-2">
        <Adjustment
          name="Brightness"
          value={view.brightness}
          words={`${Math.round(view.brightness * 100)} %`}
          min={0.2}
          max={3}
          onChange={(brightness) => onChange({ brightness })}
        />
        <Adjustment
          name="Contrast"
          value={view.contrast}
          words={`${Math.round(view.contrast * 100)} %`}
          min={0.2}
          max={3}
          onChange={(contrast) => onChange({ contrast })}
        />
        <div>
          <Button
            size="sm"
            disabled={isPlain}
            onClick={() => onChange({ brightness: DEFAULT_VIEW.brightness, contrast: DEFAULT_VIEW.contrast })}
          >
            As the image is
          </Button>
        </div>
      </section>
      <section aria-label="Labels" className="flex flex-col gap-3">
        <div className="flex items-center justify-between gap-2">
          <span>Class names</span>
          <Segmented
            label="Class names on the image"
            value={view.labels}
            onChange={(labels) => onChange({ labels })}
            options={[
              { value: "all", label: "All" },
              { value: "selected", label: "Selected" },
              { value: "none", label: "None" },
            ]}
          />
        </div>
        {view.labels !== "none" && (
          <div className="flex items-center justify-between gap-2">
            <span>Their size</span>
            <Segmented
              label="Size of class names on the image"
              value={view.labelSize}
              onChange={(labelSize) => onChange({ labelSize })}
              options={[
                { value: "small", label: "Small" },
                { value: "medium", label: "Medium" },
                { value: "large", label: "Large" },
              ]}
            />
          </div>
        )}
        <Switch
          isOn={view.showGuides}
          onChange={(showGuides) => onChange({ showGuides })}
          label="Lines through the pointer while drawing"
        />
        <Switch
          isOn={view.isStripOpen}
          onChange={(isStripOpen) => onChange({ isStripOpen })}
          label="Neighbouring images below"
        />
      </section>
    </div>
  );
}

interface AdjustmentProps {
  name: string;
  value: number;
  words: string;
  min?: number;
  max: number;
  onChange: (value: number) => void;
}

function Adjustment({ name, value, words, min = 0, max, onChange }: AdjustmentProps) {
  return (
    <div>
      <div className="flex justify-between gap-2">
        <span>{name}</span>
        <span className="text-muted tabular-nums">{words}</span>
      </div>
      <Slider
        label={name}
        value={[value]}
        min={min}
        max={max}
        step={0.01}
        onChange={([next]) => next !== undefined && onChange(next)}
      />
    </div>
  );
}
