/** For tests: scenes to begin with, and a hand that works a tool as somebody at the canvas does. */

import { commit, type History, openHistory } from "./history";
import { hitIndex } from "./hit-index";
import { imagePoint, screenPoint } from "./math/point";
import { toScreen, type Viewport } from "./math/viewport";
import { ALL_VISIBLE, type Annotation, type Geometry, NOTHING_SELECTED, type Selection } from "./scene";
import {
  DEFAULT_OPTIONS,
  type Prompt,
  type Tool,
  type ToolContext,
  type ToolPointer,
  type ToolResult,
} from "./tools/tool";

type Place = readonly [number, number];

const shape = (id: string, geometry: Geometry): Annotation => ({
  id,
  name: "car",
  ...geometry,
  confidence: 1,
  attributes: [],
});

export const boxAt = (id: string, x: number, y: number, w: number, h: number): Annotation =>
  shape(id, { type: "bbox", bounding_box: { x, y, w, h } });

export const polygonOf = (id: string, ...paths: Place[][]): Annotation =>
  shape(id, {
    type: "polygon",
    polygon: { paths: paths.map((ring) => ring.map(([x, y]) => imagePoint(x, y))) },
  });

export const polylineOf = (id: string, ...path: Place[]): Annotation =>
  shape(id, { type: "polyline", polyline: { path: path.map(([x, y]) => imagePoint(x, y)) } });

export const keypointAt = (id: string, x: number, y: number): Annotation =>
  shape(id, { type: "keypoint", keypoint: imagePoint(x, y) });

/** Works a tool: places are in image pixels. What it commands is done at once, as by the page. */
export class Hand<State> {
  history: History;
  state: State;
  selection: Selection = NOTHING_SELECTED;
  prompts: (Prompt | null)[] = [];
  notices: string[] = [];
  /** Image pixels are CSS pixels unless a test zooms. */
  viewport: Viewport = { scale: 1, x: 0, y: 0 };
  context: Partial<ToolContext> = {};
  private made = 0;

  constructor(
    private readonly tool: Tool<State>,
    annotations: readonly Annotation[] = [],
  ) {
    this.history = openHistory({ annotations });
    this.state = tool.initial;
  }

  get annotations(): readonly Annotation[] {
    return this.history.scene.annotations;
  }

  get steps(): readonly string[] {
    return this.history.past.map(({ label }) => label);
  }

  get draft() {
    return this.tool.draft(this.state, this.now());
  }

  down(at: Place, keys: Partial<ToolPointer> = {}): this {
    return this.take(
      this.tool.pointerDown(this.state, this.pointer(at, { isDown: true, ...keys }), this.now()),
    );
  }

  move(at: Place, keys: Partial<ToolPointer> = {}): this {
    return this.take(this.tool.pointerMove(this.state, this.pointer(at, keys), this.now()));
  }

  up(at: Place, keys: Partial<ToolPointer> = {}): this {
    return this.take(this.tool.pointerUp(this.state, this.pointer(at, keys), this.now()));
  }

  click(at: Place, keys: Partial<ToolPointer> = {}): this {
    return this.move(at, keys).down(at, keys).up(at, keys);
  }

  clicks(...places: Place[]): this {
    for (const at of places) this.click(at);
    return this;
  }

  doubleClick(at: Place): this {
    return this.click(at).click(at, { clicks: 2 });
  }

  /** Press at the first place and release at the last. */
  drag(places: readonly Place[], keys: Partial<ToolPointer> = {}): this {
    const [from = [0, 0], ...rest] = places;
    const to = rest.at(-1) ?? from;
    this.move(from, keys).down(from, keys);
    for (const at of rest) this.move(at, { isDown: true, ...keys });
    return this.up(to, keys);
  }

  key(key: string, held: { shift?: boolean; alt?: boolean; mod?: boolean } = {}): this {
    const event = { key, shift: false, alt: false, mod: false, ...held };
    return this.take(this.tool.key(this.state, event, this.now()));
  }

  isHandled(key: string, held: { shift?: boolean; alt?: boolean; mod?: boolean } = {}): boolean {
    const event = { key, shift: false, alt: false, mod: false, ...held };
    return this.tool.key(this.state, event, this.now()).isHandled !== false;
  }

  cancel(): this {
    return this.take(this.tool.cancel(this.state, this.now()));
  }

  select(...ids: string[]): this {
    this.selection = new Set(ids);
    return this;
  }

  private take(result: ToolResult<State>): this {
    this.state = result.state;
    if (result.viewport) this.viewport = result.viewport;
    if (result.command) this.history = commit(this.history, result.command, 0);
    if (result.selection) this.selection = result.selection;
    if (result.prompt !== undefined) this.prompts.push(result.prompt);
    if (result.notice) this.notices.push(result.notice);
    return this;
  }

  private pointer([x, y]: Place, keys: Partial<ToolPointer>): ToolPointer {
    const at = imagePoint(x, y);
    const screen = toScreen(this.viewport, at);
    return {
      at,
      screen: screenPoint(screen.x, screen.y),
      pointer: "mouse",
      button: 0,
      isDown: false,
      shift: false,
      alt: false,
      mod: false,
      clicks: 1,
      ...keys,
    };
  }

  private now(): ToolContext {
    const visibility = this.context.visibility ?? ALL_VISIBLE;
    return {
      scene: this.history.scene,
      selection: this.selection,
      visibility,
      image: { width: 400, height: 300 },
      view: { width: 400, height: 300 },
      viewport: this.viewport,
      hits: hitIndex(this.history.scene, visibility),
      className: "car",
      options: DEFAULT_OPTIONS,
      readOnly: false,
      preview: [],
      tolerance: 6 / this.viewport.scale,
      newId: () => {
        this.made += 1;
        return `new-${this.made}`;
      },
      ...this.context,
    };
  }
}
