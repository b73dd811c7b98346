// The canvas: a palette, a picture of the journey, and the way back to Python for every edit.

import { applyNodeChanges, Background, BackgroundVariant, ReactFlow, type Node, type NodeChange, type ReactFlowInstance } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { createRoot, type Root } from "react-dom/client";
import "./canvas.css";
import { DeskContext, type Desk } from "./desk";
import { Icon } from "./icons";
import { draw, type Picture } from "./layout";
import { CARRIED, EndingNode, EntryNode, FrameNode, JoinNode, PillNode, SlotNode, StepNode } from "./nodes";
import type { Data, Edit, Kind, Place } from "./types";

const TYPES = {
  step: StepNode, entry: EntryNode, slot: SlotNode, pill: PillNode, join: JoinNode, frame: FrameNode, ending: EndingNode,
};
const REACH = 90;

interface Told {
  data: Data;
  ask(edit: Edit): void;
  choose(id: string): void;
}

function Palette({ kinds, aimed, put, close }: {
  kinds: Kind[]; aimed: Place | null; put(word: string): void; close(): void;
}) {
  const groups = [...new Set(kinds.map((each) => each.group))];
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (aimed) first.current?.focus();
  }, [aimed]);
  return (
    <div className={`kc-palette ${aimed ? "kc-palette-aimed" : ""}`} role="toolbar" aria-label="Steps"
      aria-orientation="vertical" onKeyDown={(event) => event.key === "Escape" && close()}>
      <p className="kc-hint">{aimed ? "Choose what to put there" : "Drag a step to a +, or click a + first"}</p>
      {groups.map((group, at) => (
        <section key={group} aria-label={group}>
          <h4>{group}</h4>
          {kinds.filter((each) => each.group === group).map((kind, number) => (
            <button key={kind.word} ref={at === 0 && number === 0 ? first : undefined} draggable title={kind.what}
              aria-label={`${kind.title}: ${kind.what}`} data-word={kind.word}
              onDragStart={(event) => {
                event.dataTransfer.setData(CARRIED, kind.word);
                event.dataTransfer.effectAllowed = "copy";
              }}
              onClick={() => put(kind.word)}>
              <Icon name={kind.icon} size={16} /> {kind.title}
            </button>
          ))}
        </section>
      ))}
    </div>
  );
}

function nearest(nodes: Node[], moved: Node): Node | undefined {
  const x = moved.position.x + (moved.width ?? 0) / 2;
  const y = moved.position.y + (moved.height ?? 0) / 2;
  let best: Node | undefined;
  let least = REACH;
  for (const each of nodes) {
    if (each.type !== "slot") continue;
    const away = Math.hypot(each.position.x + 12 - x, each.position.y + 12 - y);
    if (away < least) [best, least] = [each, away];
  }
  return best;
}

function Canvas({ data, ask, choose }: Told) {
  const picture: Picture = useMemo(() => draw(data.sketch), [data.sketch]);
  const [nodes, setNodes] = useState<Node[]>(picture.nodes);
  const [aimed, aim] = useState<Place | null>(null);
  const [near, setNear] = useState("");
  const flow = useRef<ReactFlowInstance | null>(null);
  const room = useRef<HTMLDivElement>(null);
  const fit = useCallback((isWhole = false) => {
    const space = room.current;
    if (!space || !flow.current) return;
    const across = (space.clientWidth - 40) / picture.width;
    const down = (space.clientHeight - 40) / picture.height;
    const zoom = Math.max(0.3, Math.min(1, across, isWhole ? down : 1));
    flow.current.setViewport({ x: space.clientWidth / 2, y: 20, zoom: isWhole ? zoom : Math.max(zoom, 0.55) });
  }, [picture]);
  useEffect(() => {
    setNodes(picture.nodes);
    aim(null);
  }, [picture]);
  const desk: Desk = useMemo(
    () => ({ chosen: data.chosen, aimed, isEditable: data.isEditable, ask, choose, aim, near }),
    [data.chosen, data.isEditable, aimed, ask, choose, near],
  );
  const put = (word: string) => {
    const place = aimed ?? { block: data.sketch.block, number: data.sketch.steps.length };
    ask({ kind: "insert", ...place, word });
  };
  const dropped = (moved: Node) => {
    const slot = nearest(picture.nodes, moved);
    setNear("");
    setNodes(picture.nodes);
    if (!slot) return;
    const { block, number } = slot.data as unknown as Place;
    if (!block.startsWith(moved.id.slice(0, -1))) ask({ kind: "move", id: moved.id, block, number });
  };
  const pressed = (event: React.KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    ask({ kind: event.shiftKey ? "redo" : "undo" });
  };
  return (
    <DeskContext.Provider value={desk}>
      <div className="kc" style={{ height: data.height }} onKeyDown={pressed}>
        {data.isEditable && (
          <Palette kinds={data.palette} aimed={aimed} put={put} close={() => aim(null)} />
        )}
        <div className="kc-room">
          <div className="kc-tools" role="toolbar" aria-label="Canvas">
            <span>{data.isEditable ? "Drag a step to move it" : ""}</span>
            {data.isEditable && (
              <>
                <button disabled={!data.canUndo} onClick={() => ask({ kind: "undo" })} title="Undo (Ctrl+Z)"><Icon name="undo" size={16} /><i>Undo</i></button>
                <button disabled={!data.canRedo} onClick={() => ask({ kind: "redo" })} title="Redo (Ctrl+Shift+Z)"><Icon name="redo" size={16} /><i>Redo</i></button>
              </>
            )}
            <button onClick={() => flow.current?.zoomIn()} title="Larger"><Icon name="plus" size={16} /><i>Larger</i></button>
            <button onClick={() => flow.current?.zoomOut()} title="Smaller"><Icon name="more" size={16} /><i>Smaller</i></button>
            <button onClick={() => fit(true)} title="All of it"><Icon name="fit" size={16} /><i>All of it</i></button>
          </div>
          <div className="kc-plane" ref={room} role="group" aria-label="Steps of the journey">
          <ReactFlow nodes={nodes} edges={picture.edges} nodeTypes={TYPES} nodesConnectable={false}
            nodesDraggable={data.isEditable} nodesFocusable={false} edgesFocusable={false} elementsSelectable={false}
            disableKeyboardA11y zoomOnScroll={false} preventScrolling={false} zoomOnDoubleClick={false} minZoom={0.2}
            maxZoom={1.6} nodeDragThreshold={6} deleteKeyCode={null} proOptions={{ hideAttribution: false }}
            onInit={(started) => {
              flow.current = started;
              fit();
              requestAnimationFrame(() => room.current?.setAttribute("data-ready", "true"));
            }}
            onNodesChange={(changes: NodeChange[]) => {
              const moves = changes.filter((each) => each.type === "position");
              if (moves.length) setNodes((before) => applyNodeChanges(moves, before));
            }}
            onNodeDrag={(_, moved) => setNear(nearest(picture.nodes, moved)?.id ?? "")}
            onNodeDragStop={(_, moved) => dropped(moved)}>
            <Background variant={BackgroundVariant.Dots} gap={22} size={1.2} />
          </ReactFlow>
          </div>
        </div>
      </div>
    </DeskContext.Provider>
  );
}

interface Component {
  data: Data;
  parentElement: HTMLElement | ShadowRoot;
  setTriggerValue(name: string, value: unknown): void;
}

const roots = new WeakMap<object, Root>();

export default function (component: Component) {
  const { parentElement, data } = component;
  let root = roots.get(parentElement);
  if (!root) {
    const place = document.createElement("div");
    parentElement.appendChild(place);
    root = createRoot(place);
    roots.set(parentElement, root);
  }
  root.render(
    <Canvas data={data} ask={(edit) => component.setTriggerValue("edit", edit)}
      choose={(id) => component.setTriggerValue("edit", { kind: "choose", id })} />,
  );
  // Streamlit may tidy up after a call that a later one has overtaken: only what left the page is taken down.
  return () => setTimeout(() => {
    if ((parentElement as HTMLElement).isConnected) return;
    roots.get(parentElement)?.unmount();
    roots.delete(parentElement);
  });
}
