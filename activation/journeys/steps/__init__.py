"""The words for steps: one file each, with its grammar and its way into nodes. See docs/adding/step.md."""
