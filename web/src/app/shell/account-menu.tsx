import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { LogOut, MonitorCog, Moon, Sun, UserRound } from "lucide-react";
import { signOut } from "@/features/session/api";
import { useSession } from "@/features/session/use-session";
import { cx } from "@/lib/class-names";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/ui/menu";
import { notifyProblem } from "@/ui/toast";
import { setTheme, useTheme } from "../theme";

export function AccountMenu({ isNarrow }: { isNarrow: boolean }) {
  const { account } = useSession();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const theme = useTheme();
  const name = account.full_name || account.email || "You";

  async function leave() {
    try {
      await signOut();
      queries.clear();
      await navigate({ to: "/sign-in" });
    } catch (problem) {
      notifyProblem("You could not be signed out", problem);
    }
  }

  return (
    <div className="border-line border-t p-2">
      <Menu
        align="start"
        trigger={
          <button
            type="button"
            className={cx(
              "flex h-10 w-full items-center gap-2 rounded-md text-sm hover:bg-hover",
              isNarrow ? "justify-center" : "px-2",
            )}
          >
            <span
              aria-hidden="true"
              className="flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft font-medium text-accent text-xs"
            >
              {name.slice(0, 1).toUpperCase()}
            </span>
            <span className={isNarrow ? "sr-only" : "truncate"}>{name}</span>
            <span className="sr-only">, account</span>
          </button>
        }
      >
        <MenuLabel>{account.email ?? "No e-mail address yet"}</MenuLabel>
        <MenuItem icon={<UserRound />} onSelect={() => void navigate({ to: "/account" })}>
          Account
        </MenuItem>
        <MenuSeparator />
        <MenuLabel>Theme: {theme}</MenuLabel>
        <MenuItem icon={<Sun />} onSelect={() => setTheme("light")}>
          Light
        </MenuItem>
        <MenuItem icon={<Moon />} onSelect={() => setTheme("dark")}>
          Dark
        </MenuItem>
        <MenuItem icon={<MonitorCog />} onSelect={() => setTheme("system")}>
          As the system
        </MenuItem>
        <MenuSeparator />
        <MenuItem icon={<LogOut />} onSelect={() => void leave()}>
          Sign out
        </MenuItem>
      </Menu>
    </div>
  );
}
