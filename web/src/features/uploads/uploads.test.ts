import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { joined, NOTHING, sortPicked } from "./picked";
import { sha256 } from "./sha256";
import { packTar } from "./tar";
import { countsOf, type FilesUpload, itemsOf } from "./upload";

const file = (name: string, content = "x") => new File([content], name);
const at = (path: string) => ({ file: file(path.slice(path.lastIndexOf("/") + 1)), path });

test.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 70_000])(
  "sha256: of %d bytes as node has it",
  (length) => {
    const data = Uint8Array.from({ length }, (_, index) => (index * 31) % 251);
    expect(sha256(data)).toBe(createHash("sha256").update(data).digest("hex"));
  },
);

test("picked: the one folder that was given is the root; each sub-folder is kept", () => {
  const picked = sortPicked([
    at("signs/a.jpg"),
    at("signs/x/y/b.PNG"),
    at("signs/notes.txt"),
    at("signs/._a.jpg"),
  ]);
  expect(picked.images.map((each) => [each.folder, each.file.name])).toEqual([
    ["/", "a.jpg"],
    ["/x/y", "b.PNG"],
  ]);
  expect(picked.others).toBe(2);
});

test("picked: of several folders each keeps its name", () => {
  const picked = sortPicked([at("one/a.jpg"), at("two/a.jpg"), at("b.zip"), at("c.jpg")]);
  expect(picked.images.map((each) => each.folder)).toEqual(["/one", "/two", "/"]);
  expect(picked.archives.map((each) => each.name)).toEqual(["b.zip"]);
});

test("picked: what was picked twice is there once", () => {
  const one = sortPicked([at("a.jpg")]);
  expect(joined(joined(NOTHING, one), sortPicked([at("a.jpg"), at("b.jpg")])).images).toHaveLength(2);
});

test("tar: names of any length and script, contents padded", async () => {
  const long = `${"f".repeat(90)}/${"g".repeat(60)}.jpg`;
  const bundle = packTar([
    { name: "a/b.jpg", file: file("b.jpg", "hello") },
    { name: "ä/ö.png", file: file("ö.png", "") },
    { name: long, file: file("g.jpg", "z".repeat(512)) },
  ]);
  const bytes = new Uint8Array(await bundle.blob.arrayBuffer());
  const text = (start: number, length: number) =>
    new TextDecoder().decode(bytes.slice(start, start + length)).replaceAll("\0", "");
  expect(bytes.length % 512).toBe(0);
  expect([text(0, 100), text(257, 5), text(512, 5)]).toEqual(["a/b.jpg", "ustar", "hello"]);
  expect(text(1024, 100)).toBe("pax");
  expect(text(1024 + 512, 30)).toBe(`${"17 path=ä/ö.png".length + 3} path=ä/ö.png\n`);
  expect(bundle.ends[0]).toBe(1024);
  expect(new TextDecoder().decode(bytes)).toContain(`path=${long}\n`);
});

test("counts: bytes of settled files count whole", () => {
  const items = itemsOf([
    { file: file("a.jpg", "12345"), folder: "/" },
    { file: file("b.jpg", "123"), folder: "/" },
    { file: file("c.jpg", "12"), folder: "/" },
  ]);
  Object.assign(items[0] ?? {}, { state: "skipped" });
  Object.assign(items[1] ?? {}, { state: "sending", sentBytes: 2 });
  const counts = countsOf({ kind: "files", items } as unknown as FilesUpload);
  expect(counts).toEqual({ total: 3, sent: 0, skipped: 1, failed: 0, sentBytes: 7, totalBytes: 10 });
});
