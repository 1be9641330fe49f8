/** Whether the browser itself tells of jobs that end while somebody looks at something else. */

import { useState } from "react";
import { useStored } from "@/lib/storage";
import { Switch } from "@/ui/switch";
import { notify } from "@/ui/toast";
import { BROWSER_NOTICES } from "../hooks/use-job-notifications";

export function BrowserNotices() {
  const [isOn, setIsOn] = useStored(BROWSER_NOTICES, false);
  const [isAsking, setIsAsking] = useState(false);
  if (typeof Notification === "undefined") return null;

  async function change(wanted: boolean) {
    if (!wanted) return setIsOn(false);
    setIsAsking(true);
    const permission = await Notification.requestPermission();
    setIsAsking(false);
    setIsOn(permission === "granted");
    if (permission !== "granted") {
      notify({
        title: "This browser does not allow notifications from here",
        detail: "Allow them in the browser's settings of this page, then switch this on again.",
        tone: "info",
      });
    }
  }

  return (
    <Switch
      label="Tell me when a long job ends"
      isOn={isOn && Notification.permission === "granted"}
      disabled={isAsking}
      onChange={(wanted) => void change(wanted)}
    />
  );
}
