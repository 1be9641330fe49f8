/** The folders of a dataset with how many images are in each; one narrows the list to it and what is below it. */

import { ChevronRight, Ellipsis, Folder as FolderIcon, FolderOpen } from "lucide-react";
import { useMemo, useState } from "react";
import type { Folder } from "@/features/datasets/api";
import { cx } from "@/lib/class-names";
import { formatCompact, formatCount } from "@/lib/format";
import { Menu, MenuItem } from "@/ui/menu";

interface FolderTreeProps {
  folders: readonly Folder[];
  selected: string | undefined;
  onSelect: (path: string | undefined) => void;
  /** Absent for those who may not change folders. */
  onRename?: (path: string) => void;
  onArchive?: (path: string) => void;
}

/** Folders of one parent that are shown before a person asks for more. */
const AT_FIRST = 100;

export function FolderTree(props: FolderTreeProps) {
  const { folders, selected } = props;
  const children = useMemo(() => childrenOf(folders), [folders]);
  const root = folders.find((folder) => folder.path === "/");
  if (root === undefined) return null;
  return (
    <nav aria-label="Folders" className="py-1 text-sm">
      <ul className="w-max min-w-full">
        <Branch {...props} folder={root} childrenOf={children} depth={0} opened={ancestorsOf(selected)} />
      </ul>
    </nav>
  );
}

interface BranchProps extends FolderTreeProps {
  folder: Folder;
  childrenOf: ReadonlyMap<string, readonly Folder[]>;
  depth: number;
  opened: ReadonlySet<string>;
}

function Branch(props: BranchProps) {
  const { folder, childrenOf, depth, opened, selected, onSelect, onRename, onArchive } = props;
  const [isToggled, setIsToggled] = useState(false);
  const [isWhole, setIsWhole] = useState(false);
  const below = childrenOf.get(folder.path) ?? [];
  const isRoot = folder.path === "/";
  const startsOpen = isRoot || opened.has(folder.path);
  const isOpen = isToggled ? !startsOpen : startsOpen;
  const isSelected = isRoot ? selected === undefined : selected === folder.path;
  const label = isRoot ? "All images" : (folder.path.split("/").at(-1) ?? folder.path);
  const Icon = isOpen && below.length > 0 ? FolderOpen : FolderIcon;
  return (
    <li>
      <div
        className={cx(
          "group flex h-8 items-center rounded-md",
          isSelected ? "bg-accent-soft text-accent" : "text-muted hover:bg-hover hover:text-text",
        )}
        style={{ paddingLeft: indentOf(depth) }}
      >
        {below.length > 0 && !isRoot ? (
          <button
            type="button"
            aria-label={`${isOpen ? "Close" : "Open"} ${folder.path}`}
            aria-expanded={isOpen}
            onClick={() => setIsToggled(!isToggled)}
            className="flex size-6 shrink-0 items-center justify-center rounded"
          >
            <ChevronRight className={cx("size-3.5 transition-transform", isOpen && "rotate-90")} />
          </button>
        ) : (
          <span className="w-6 shrink-0" />
        )}
        <button
          type="button"
          aria-current={isSelected || undefined}
          title={folder.path}
          onClick={() => onSelect(isRoot ? undefined : folder.path)}
          className="flex h-full min-w-0 grow items-center gap-1.5 text-left"
        >
          <Icon aria-hidden="true" className="size-4 shrink-0" />
          {/* It asks for little room itself: a long name is cut, a deep one scrolls into sight. */}
          <span className="w-0 min-w-12 grow truncate">{label}</span>
          <span
            className="shrink-0 pr-1.5 text-xs tabular-nums"
            title={formatCount(folder.total_image_count)}
          >
            {formatCompact(folder.total_image_count)}
          </span>
        </button>
        {isRoot && onRename && <span className="w-6 shrink-0" />}
        {!isRoot && onRename && onArchive && (
          <Menu
            trigger={
              <button
                type="button"
                aria-label={`Change folder ${folder.path}`}
                className="flex size-6 shrink-0 items-center justify-center rounded opacity-0 focus-visible:opacity-100 [@media(hover:none)]:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100"
              >
                <Ellipsis className="size-4" />
              </button>
            }
          >
            <MenuItem onSelect={() => onRename(folder.path)}>Move or rename…</MenuItem>
            <MenuItem isDangerous onSelect={() => onArchive(folder.path)}>
              Move its images to the trash…
            </MenuItem>
          </Menu>
        )}
      </div>
      {isOpen && below.length > 0 && (
        <ul>
          {(isWhole ? below : below.slice(0, AT_FIRST)).map((child) => (
            <Branch key={child.path} {...props} folder={child} depth={depth + (isRoot ? 0 : 1)} />
          ))}
          {!isWhole && below.length > AT_FIRST && (
            <li>
              <button
                type="button"
                onClick={() => setIsWhole(true)}
                className="h-8 w-full rounded-md pl-6 text-left text-accent hover:bg-hover"
              >
                {formatCount(below.length - AT_FIRST)} more
              </button>
            </li>
          )}
        </ul>
      )}
    </li>
  );
}

/** Steps to the right, smaller ones where it is deep: names and counts stay in the panel. */
function indentOf(depth: number): number {
  return Math.min(depth, 4) * 14 + Math.max(0, depth - 4) * 5;
}

function childrenOf(folders: readonly Folder[]): Map<string, Folder[]> {
  const found = new Map<string, Folder[]>();
  for (const folder of folders) {
    if (folder.path === "/") continue;
    const parent = folder.path.slice(0, folder.path.lastIndexOf("/")) || "/";
    const siblings = found.get(parent);
    if (siblings === undefined) found.set(parent, [folder]);
    else siblings.push(folder);
  }
  return found;
}

function ancestorsOf(path: string | undefined): ReadonlySet<string> {
  const found = new Set<string>();
  const parts = (path ?? "").split("/").slice(1, -1);
  for (let depth = 1; depth <= parts.length; depth += 1) found.add(`/${parts.slice(0, depth).join("/")}`);
  return found;
}
