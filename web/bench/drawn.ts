/** Images and annotations that are the same every time, drawn from a seed. */
import type { Annotation } from "@/canvas/scene";

export const CLASSES = ["car", "person", "road sign", "tree", "bicycle", "window"].map((name) => ({ name }));

/** Return numbers from 0 to 1 (Mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Return polygons that lie all over the image but for its borders, every second one a machine's. */
export function drawnPolygons(
  count: number,
  points: number,
  width: number,
  height: number,
  seed = 7,
): Annotation[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, at): Annotation => {
    const inner = () => 0.1 + 0.8 * random();
    const [x, y, radius] = [inner() * width, inner() * height, 12 + random() * 48];
    const ring = Array.from({ length: points }, (_each, index) => {
      const angle = (index / points) * 2 * Math.PI;
      const far = radius * (0.7 + 0.3 * random());
      return { x: clamp(x + far * Math.cos(angle), width), y: clamp(y + far * Math.sin(angle), height) };
    });
    const isMachines = at % 2 === 0;
    return {
      id: `polygon-${at}`,
      name: CLASSES[at % CLASSES.length]?.name ?? "car",
      type: "polygon",
      polygon: { paths: [ring] },
      confidence: isMachines ? 0.3 + 0.7 * random() : 1,
      created_by: isMachines ? "sam3@bench" : "user:bench",
      attributes: [],
    };
  });
}

/** Return the address of a photograph-like picture of the size. */
export async function drawnImage(width: number, height: number, seed = 1): Promise<string> {
  const random = randomFrom(seed);
  const canvas = new OffscreenCanvas(width, height);
  const ctx = canvas.getContext("2d");
  if (!ctx) throw new Error("no 2D canvas");
  const sky = ctx.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, "#8fb3d9");
  sky.addColorStop(1, "#4a4a44");
  ctx.fillStyle = sky;
  ctx.fillRect(0, 0, width, height);
  for (let at = 0; at < 400; at += 1) {
    ctx.fillStyle = `hsl(${random() * 360} 25% ${20 + random() * 60}% / 60%)`;
    ctx.fillRect(random() * width, random() * height, random() * width * 0.1, random() * height * 0.1);
  }
  return URL.createObjectURL(await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 }));
}

const clamp = (value: number, limit: number): number => Math.min(Math.max(value, 0), limit);
