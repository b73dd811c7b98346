// The pieces of a picture. All that can be done with a mouse can be done with the keyboard.

import { Handle, Position, type NodeProps } from "@xyflow/react";
import { useState, type DragEvent, type KeyboardEvent, type ReactNode } from "react";
import { neighbour, useDesk } from "./desk";
import { Icon } from "./icons";
import type { Figure, Finding, Sketch, Step } from "./types";

export const CARRIED = "application/x-kith-step";

function Ends({ source = true, target = true }: { source?: boolean; target?: boolean }) {
  return (
    <>
      {target && <Handle type="target" position={Position.Top} isConnectable={false} />}
      {source && <Handle type="source" position={Position.Bottom} isConnectable={false} />}
    </>
  );
}

function Marks({ findings }: { findings: Finding[] }) {
  if (!findings.length) return null;
  const worst = (["error", "warning", "note"] as const).find((each) => findings.some((f) => f.severity === each))!;
  const told = findings.map((each) => `Line ${each.line}: ${each.message}${each.wayOut ? ` → ${each.wayOut}` : ""}`);
  return (
    <span className={`kc-mark kc-${worst}`} role="img" title={told.join("\n")} aria-label={`${worst}: ${told.join("; ")}`}>
      {worst === "note" ? "i" : "!"}
    </span>
  );
}

function Figures({ figures }: { figures: Figure[] }) {
  if (!figures.length) return null;
  return (
    <span className="kc-figures">
      {figures.map((each) => (
        <span key={each.label} className={each.tone ? `kc-tone-${each.tone}` : ""} title={each.title}>
          <b>{each.value}</b> {each.label}
        </span>
      ))}
    </span>
  );
}

function Card(props: {
  id: string; className: string; icon: string; title: string; detail: string; findings: Finding[];
  figures: Figure[]; onKeyDown?: (event: KeyboardEvent) => void; children?: ReactNode;
}) {
  const desk = useDesk();
  const isChosen = desk.chosen === props.id;
  const told = props.figures.map((each) => `${each.value} ${each.label}`).join(", ");
  return (
    <div className={`kc-card ${props.className} ${isChosen ? "kc-chosen" : ""}`} role="button" tabIndex={0}
      aria-pressed={isChosen} aria-label={`${props.title}: ${props.detail}${told ? `. ${told}` : ""}`} data-keys={props.id}
      onClick={() => desk.choose(props.id)}
      onKeyDown={(event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          desk.choose(props.id);
        } else props.onKeyDown?.(event);
      }}>
      <span className="kc-head">
        <span className="kc-icon"><Icon name={props.icon} /></span>
        <span className="kc-words">
          <span className="kc-title">{props.title}</span>
          <span className="kc-detail">{props.detail}</span>
        </span>
        <Marks findings={props.findings} />
        {props.children}
      </span>
      <Figures figures={props.figures} />
    </div>
  );
}

export function StepNode({ data }: NodeProps) {
  const step = data.step as Step;
  const desk = useDesk();
  const move = (by: -1 | 1) => {
    const aim = neighbour(step.id, by);
    if (aim.number >= 0) desk.ask({ kind: "move", id: step.id, ...aim });
  };
  const pressed = (event: KeyboardEvent) => {
    if (!desk.isEditable) return;
    const does: Record<string, (() => void) | undefined> = {
      Delete: () => desk.ask({ kind: "remove", id: step.id }),
      Backspace: () => desk.ask({ kind: "remove", id: step.id }),
      ArrowUp: event.altKey ? () => move(-1) : undefined,
      ArrowDown: event.altKey ? () => move(1) : undefined,
    };
    const done = does[event.key];
    if (done) {
      event.preventDefault();
      done();
    }
  };
  return (
    <>
      <Ends source={step.word !== "end"} />
      <Card id={step.id} className={`kc-group-${step.group}`} icon={step.icon} title={step.title} detail={step.detail}
        findings={step.findings} figures={step.figures} onKeyDown={pressed}>
        {desk.isEditable && desk.chosen === step.id && (
          <button className="kc-remove nodrag" aria-label={`Delete ${step.title}`} title="Delete (Del)"
            onClick={(event) => {
              event.stopPropagation();
              desk.ask({ kind: "remove", id: step.id });
            }}
            onKeyDown={(event) => event.stopPropagation()}>
            <Icon name="trash" size={15} />
          </button>
        )}
      </Card>
    </>
  );
}

export function EntryNode({ data }: NodeProps) {
  const entry = data.entry as Sketch["entry"];
  return (
    <>
      <Ends target={false} />
      <Card id={entry.id} className="kc-entry" icon="door" title={entry.title} detail={entry.detail}
        findings={entry.findings} figures={entry.figures} />
    </>
  );
}

export function SlotNode({ id, data }: NodeProps) {
  const desk = useDesk();
  const [isOver, setOver] = useState(false);
  const { block, number, isLone } = data as { block: string; number: number; isLone: boolean };
  const isAimed = desk.aimed?.block === block && desk.aimed.number === number;
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const word = event.dataTransfer.getData(CARRIED);
    if (word) desk.ask({ kind: "insert", block, number, word });
  };
  const state = isOver || desk.near === id ? "kc-slot-over" : isAimed ? "kc-slot-aimed" : "";
  return (
    <>
      <Ends />
      <button className={`kc-slot nodrag ${isLone ? "kc-slot-lone" : ""} ${state}`} disabled={!desk.isEditable}
        aria-label="Put a step here" title="Put a step here" aria-expanded={isAimed} data-slot={`${block} ${number}`}
        onClick={() => desk.aim(isAimed ? null : { block, number })}
        onDragOver={(event) => { event.preventDefault(); setOver(true); }}
        onDragLeave={() => setOver(false)} onDrop={dropped}>
        <Icon name="plus" size={13} />
      </button>
    </>
  );
}

export function PillNode({ data }: NodeProps) {
  const { label, note } = data as { label: string; note: string };
  return (
    <>
      <Ends />
      <div className="kc-pill" title={note ? `${label}: ${note}` : label}>
        <span>{label}</span>
        {note && <b>{note}</b>}
      </div>
    </>
  );
}

export function JoinNode() {
  return (
    <>
      <Ends />
      <div className="kc-join" />
    </>
  );
}

export function FrameNode({ data }: NodeProps) {
  const { label, isLoop } = data as { label: string; isLoop: boolean };
  return (
    <div className="kc-frame">
      <span>{isLoop && <Icon name="repeat" size={13} />}{label}</span>
    </div>
  );
}

export function EndingNode({ data }: NodeProps) {
  const ending = data.ending as Sketch["ending"];
  return (
    <>
      <Ends source={false} />
      <div className="kc-ending">
        <span>{ending.detail}</span>
        <Figures figures={ending.figures} />
      </div>
    </>
  );
}
