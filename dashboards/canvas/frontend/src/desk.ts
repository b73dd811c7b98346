// What the pieces of the canvas share: what is chosen, which place is aimed at, and whom to ask for an edit.

import { createContext, useContext } from "react";
import type { Edit, Place } from "./types";

export interface Desk {
  chosen: string;
  aimed: Place | null;
  isEditable: boolean;
  ask(edit: Edit): void;
  choose(id: string): void;
  aim(place: Place | null): void;
  near: string;
}

export const DeskContext = createContext<Desk>({
  chosen: "", aimed: null, isEditable: false, ask() {}, choose() {}, aim() {}, near: "",
});

export const useDesk = () => useContext(DeskContext);

// A place's neighbours in the same block: where Alt with an arrow moves a step to.
export function neighbour(id: string, by: -1 | 1): { block: string; number: number } {
  const keys = JSON.parse(id) as (string | number)[];
  const number = keys[keys.length - 1] as number;
  return { block: JSON.stringify(keys.slice(0, -1)), number: by < 0 ? number - 1 : number + 2 };
}
