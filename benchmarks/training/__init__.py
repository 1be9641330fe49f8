"""The training pipelines on the demo's road signs: what they learn in equal time, what our loop costs."""
