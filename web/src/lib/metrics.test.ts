import { expect, test } from "vitest";
import { formatMetric, headlineMetrics, metricLabel, taskLabel } from "./metrics";

test.each([
  ["map_50_95", "mAP@50:95"],
  ["mask_map_50", "Masks: mAP@50"],
  ["ap_50/stop_sign", "AP@50 of stop_sign"],
  ["iou/a/b", "IoU of a/b"],
  ["loss_objectness", "Loss: objectness"],
  ["something_new", "Something new"],
])("metricLabel: %s is %s", (name, label) => {
  expect(metricLabel(name)).toBe(label);
});

test.each([
  [0.8734, "0.873"],
  [0, "0.000"],
  [1, "1.000"],
  [0.00012, "<0.001"],
  [12.345, "12.3"],
  [12345.6, "12346"],
  [null, "–"],
])("formatMetric: %s is %s", (value, text) => {
  expect(formatMetric(value)).toBe(text);
});

test("a task that nobody knows has words and no headline", () => {
  expect([taskLabel("pose_estimation"), headlineMetrics("pose_estimation")]).toEqual(["Pose estimation", []]);
});
