// From steps inside steps to places on a plane: blocks stand below each other, arms beside each other. No coordinate
// is kept anywhere: the same file always gives the same picture.

import type { Edge, Node } from "@xyflow/react";
import type { Arm, Sketch, Step } from "./types";

export const WIDTH = 240;
const HEIGHT = 62;
const FIGURES = 28;
const GAP = 44;
const BESIDE = 30;
const PILL = 26;
const DOT = 10;
const PAD = 18;
const BENT = { pathOptions: { offset: 9, borderRadius: 8 } };

export interface Picture {
  nodes: Node[];
  edges: Edge[];
  width: number;
  height: number;
}

interface Box {
  nodes: Node[];
  edges: Edge[];
  width: number;
  height: number;
  first: string;
  last: string; // "" where nobody comes out at the end
}

function height(step: { figures: unknown[] }): number {
  return HEIGHT + (step.figures.length ? FIGURES : 0);
}

function node(id: string, type: string, x: number, y: number, w: number, h: number, data: object): Node {
  return {
    id, type, position: { x, y }, width: w, height: h, measured: { width: w, height: h }, data: data as Record<string, unknown>,
    draggable: type === "step", selectable: type === "step" || type === "entry", focusable: false,
  };
}

function edge(source: string, target: string, extra: Partial<Edge> = {}): Edge {
  return { id: `${source}→${target}`, source, target, type: "smoothstep", focusable: false, selectable: false, ...extra, ...BENT } as Edge;
}

function shifted(nodes: Node[], x: number, y: number): Node[] {
  return nodes.map((each) => ({ ...each, position: { x: each.position.x + x, y: each.position.y + y } }));
}

// Steps below each other, with a place to put one in before each and behind the last. Centred at x = 0.
function block(steps: Step[], keys: string): Box {
  const box: Box = { nodes: [], edges: [], width: WIDTH, height: 0, first: "", last: "" };
  let y = 0;
  let open = "";
  const link = (id: string) => {
    if (open) box.edges.push(edge(open, id));
    if (!box.first) box.first = id;
    open = id;
  };
  const slot = (number: number) => {
    const id = `slot ${keys} ${number}`;
    box.nodes.push(node(id, "slot", -12, y, 24, 24, { block: keys, number, isLone: steps.length === 0 }));
    link(id);
    y += 24 + GAP / 2;
  };
  steps.forEach((step, number) => {
    slot(number);
    const inner = whole(step);
    box.nodes.push(...shifted(inner.nodes, 0, y));
    box.edges.push(...inner.edges);
    box.width = Math.max(box.width, inner.width);
    y += inner.height + GAP / 2;
    link(inner.first);
    open = inner.last;
    // What stands behind an end is there, though nobody reaches it.
  });
  const ends = steps.length > 0 && steps[steps.length - 1].word === "end";
  if (ends) y -= GAP / 2;
  else slot(steps.length);
  box.last = ends ? "" : open;
  box.height = ends ? y : y - GAP / 2;
  return box;
}

// A step with all that is inside it.
function whole(step: Step): Box {
  const own = height(step);
  const me = node(step.id, "step", -WIDTH / 2, 0, WIDTH, own, { step });
  const box: Box = { nodes: [me], edges: [], width: WIDTH, height: own, first: step.id, last: step.id };
  if (step.word === "end") return { ...box, last: "" };
  if (!step.arms.length) return box;
  return step.arms[0].isBody ? around(box, step, step.arms[0]) : beside(box, step);
}

function around(box: Box, step: Step, arm: Arm): Box {
  const inner = block(arm.steps, arm.block);
  const top = box.height + GAP;
  const width = inner.width + 2 * PAD + (step.word === "repeat" ? 40 : 0);
  const id = `frame ${arm.block}`;
  const frame = node(id, "frame", -width / 2, top - PAD - 8, width, inner.height + 2 * PAD + 8,
    { label: arm.label, isLoop: step.word === "repeat" });
  box.nodes = [{ ...frame, zIndex: -1 }, ...box.nodes, ...shifted(inner.nodes, 0, top)];
  box.edges.push(edge(step.id, inner.first), ...inner.edges);
  box.width = Math.max(width, WIDTH);
  box.height = top + inner.height + PAD;
  const join = `join ${step.id}`;
  box.nodes.push(node(join, "join", -DOT / 2, box.height + 8, DOT, DOT, {}));
  box.height += 8 + DOT;
  if (inner.last) box.edges.push(edge(inner.last, join));
  box.last = join;
  return box;
}

function beside(box: Box, step: Step): Box {
  const arms = step.arms.map((arm) => ({ arm, inner: block(arm.steps, arm.block) }));
  const total = arms.reduce((sum, each) => sum + each.inner.width, 0) + BESIDE * (arms.length - 1);
  const top = box.height + GAP;
  let x = -total / 2;
  let deepest = 0;
  const ends: string[] = [];
  for (const { arm, inner } of arms) {
    const middle = x + inner.width / 2;
    const pill = `pill ${arm.block}`;
    const wide = Math.min(inner.width, WIDTH);
    box.nodes.push(node(pill, "pill", middle - wide / 2, top, wide, PILL, { label: arm.label, note: arm.note }));
    box.nodes.push(...shifted(inner.nodes, middle, top + PILL + GAP / 2));
    box.edges.push(edge(step.id, pill), edge(pill, inner.first), ...inner.edges);
    if (inner.last) ends.push(inner.last);
    deepest = Math.max(deepest, inner.height);
    x += inner.width + BESIDE;
  }
  box.width = Math.max(total, WIDTH);
  box.height = top + PILL + GAP / 2 + deepest;
  if (!ends.length) return { ...box, last: "" };
  const join = `join ${step.id}`;
  box.height += GAP * 0.9;
  box.nodes.push(node(join, "join", -DOT / 2, box.height, DOT, DOT, {}));
  box.height += DOT;
  for (const end of ends) box.edges.push(edge(end, join));
  return { ...box, last: join };
}

export function draw(sketch: Sketch): Picture {
  const tall = height(sketch.entry);
  const inner = block(sketch.steps, sketch.block);
  const top = tall + GAP / 2;
  const nodes = [
    node(sketch.entry.id, "entry", -WIDTH / 2, 0, WIDTH, tall, { entry: sketch.entry }),
    ...shifted(inner.nodes, 0, top),
  ];
  const edges = [edge(sketch.entry.id, inner.first), ...inner.edges];
  let bottom = top + inner.height;
  if (inner.last) {
    bottom += GAP / 2;
    const out = 34 + (sketch.ending.figures.length ? FIGURES : 0);
    nodes.push(node("ending", "ending", -WIDTH / 2, bottom, WIDTH, out, { ending: sketch.ending }));
    edges.push(edge(inner.last, "ending"));
    bottom += out;
  }
  return { nodes, edges, width: Math.max(inner.width, WIDTH), height: bottom };
}
