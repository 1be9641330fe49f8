import { Link, type LinkProps } from "@tanstack/react-router";
import {
  Activity,
  Boxes,
  Building2,
  ChartSpline,
  Coins,
  Images,
  PackageOpen,
  PanelLeftClose,
  PanelLeftOpen,
  Workflow,
} from "lucide-react";
import type { ComponentType } from "react";
import { cx } from "@/lib/class-names";
import { IconButton } from "@/ui/icon-button";
import { Tooltip } from "@/ui/tooltip";
import { PaletteButton } from "../palette/palette-button";
import { AccountMenu } from "./account-menu";
import { OrganizationMenu } from "./organization-menu";

interface Place {
  to: LinkProps["to"];
  label: string;
  icon: ComponentType<{ className?: string }>;
}

const WORK: Place[] = [
  { to: "/pipelines", label: "Pipelines", icon: Workflow },
  { to: "/datasets", label: "Datasets", icon: Images },
  { to: "/training", label: "Training", icon: ChartSpline },
  { to: "/models", label: "Models", icon: Boxes },
  { to: "/exports", label: "Exports", icon: PackageOpen },
];
const HOUSE: Place[] = [
  { to: "/jobs", label: "Jobs", icon: Activity },
  { to: "/credits", label: "Credits", icon: Coins },
  { to: "/organization", label: "Organization", icon: Building2 },
];

export function Sidebar({ isNarrow, onToggle }: { isNarrow: boolean; onToggle: () => void }) {
  return (
    <header
      className={cx("flex shrink-0 flex-col border-line border-r bg-surface", isNarrow ? "w-14" : "w-56")}
    >
      <div className={cx("flex h-13 items-center gap-2", isNarrow ? "justify-center" : "pr-2 pl-4")}>
        {!isNarrow && (
          <Link to="/" className="flex min-w-0 grow items-center gap-2 font-semibold text-base">
            <img src="/favicon.svg" alt="" className="size-6" />
            Pictograph
          </Link>
        )}
        <IconButton label={isNarrow ? "Widen the navigation" : "Narrow the navigation"} onClick={onToggle}>
          {isNarrow ? <PanelLeftOpen /> : <PanelLeftClose />}
        </IconButton>
      </div>
      <OrganizationMenu isNarrow={isNarrow} />
      <nav aria-label="Main" className="flex min-h-0 grow flex-col gap-0.5 overflow-y-auto px-2 py-2">
        <PaletteButton isNarrow={isNarrow} />
        {WORK.map((place) => (
          <NavLink key={place.label} place={place} isNarrow={isNarrow} />
        ))}
        <div className="my-2 h-px shrink-0 bg-line" />
        {HOUSE.map((place) => (
          <NavLink key={place.label} place={place} isNarrow={isNarrow} />
        ))}
      </nav>
      <AccountMenu isNarrow={isNarrow} />
    </header>
  );
}

function NavLink({ place, isNarrow }: { place: Place; isNarrow: boolean }) {
  const Icon = place.icon;
  const link = (
    <Link
      to={place.to}
      aria-label={isNarrow ? place.label : undefined}
      className={cx(
        "flex h-9 shrink-0 items-center gap-2.5 rounded-md text-muted text-sm hover:bg-hover hover:text-text",
        isNarrow ? "justify-center" : "px-2.5",
      )}
      activeProps={{ className: "bg-accent-soft font-medium !text-accent" }}
    >
      <Icon className="size-4.5 shrink-0" />
      {!isNarrow && place.label}
    </Link>
  );
  return isNarrow ? (
    <Tooltip label={place.label} side="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}
