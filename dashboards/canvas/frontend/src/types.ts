// What Python tells the canvas, and what the canvas asks of Python.

export interface Finding {
  severity: "error" | "warning" | "note";
  message: string;
  line: number;
  wayOut: string;
}

export interface Figure {
  label: string;
  value: string;
  title: string;
  tone?: "quiet" | "good" | "bad";
}

export interface Step {
  id: string;
  word: string;
  title: string;
  detail: string;
  icon: string;
  group: string;
  findings: Finding[];
  figures: Figure[];
  arms: Arm[];
}

export interface Arm {
  label: string;
  block: string;
  isBody: boolean;
  note: string;
  steps: Step[];
}

export interface Kind {
  word: string;
  title: string;
  what: string;
  group: string;
  icon: string;
}

export interface Sketch {
  entry: { id: string; title: string; detail: string; findings: Finding[]; figures: Figure[] };
  ending: { detail: string; figures: Figure[] };
  block: string;
  steps: Step[];
}

export interface Data {
  sketch: Sketch;
  palette: Kind[];
  chosen: string;
  isEditable: boolean;
  canUndo: boolean;
  canRedo: boolean;
  height: number;
}

export type Edit =
  | { kind: "insert"; block: string; number: number; word: string }
  | { kind: "move"; id: string; block: string; number: number }
  | { kind: "remove"; id: string }
  | { kind: "undo" }
  | { kind: "redo" };

export interface Place {
  block: string;
  number: number;
}
