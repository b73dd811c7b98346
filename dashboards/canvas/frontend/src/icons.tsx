// Small pictures of our own, drawn with lines so that they take the colour of the text.

const LINES: Record<string, string> = {
  message: "M3 6h18v12H3zM3 7l9 7 9-7",
  gauge: "M4 17a8 8 0 1 1 16 0M12 17l4-6",
  clock: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M12 7v5l4 2",
  sun: "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2",
  branch: "M12 3v5M12 8L5 14v6M12 8l7 6v6",
  rank: "M4 20V12h4v8M10 20V5h4v15M16 20V9h4v11",
  split: "M3 12h6l5-6h7M9 12l5 6h7M18 3l3 3-3 3M18 15l3 3-3 3",
  flask: "M9 3h6M10 3v6L4 19q0 2 2 2h12q2 0 2-2L14 9V3M7 15h10",
  repeat: "M4 12a8 8 0 0 1 14-5l2 2M20 4v5h-5M20 12a8 8 0 0 1-14 5l-2-2M4 20v-5h5",
  stop: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M9 9h6v6H9z",
  person: "M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8M4 21q0-7 8-7t8 7",
  bolt: "M13 2L5 13h6l-1 9 8-11h-6z",
  people: "M9 5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7M2 20q0-6 7-6t7 6M16 5q4 0 4 3.5T16 12M18 14q4 1 4 6",
  puzzle: "M4 8h5V6a2 2 0 1 1 4 0v2h5v5h2a2 2 0 1 1 0 4h-2v4H4z",
  flag: "M5 21V4h13l-3 4 3 4H5",
  door: "M14 4h5v16h-5M4 12h11M11 8l4 4-4 4",
  undo: "M9 7L4 12l5 5M4 12h10a6 6 0 0 1 0 12",
  redo: "M15 7l5 5-5 5M20 12H10a6 6 0 0 0 0 12",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  plus: "M12 5v14M5 12h14",
  more: "M5 12h14",
};

export function Icon({ name, size = 18 }: { name: string; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8"
      strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={LINES[name] ?? LINES.more} />
    </svg>
  );
}
