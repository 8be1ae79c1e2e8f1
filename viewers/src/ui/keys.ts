/** Keyboard shortcuts, where no text is being typed and nothing chosen from a list. */

/** Keys are `KeyboardEvent.key` in lower case, with `ctrl+` before it for Control or Command. */
export type Shortcuts = Readonly<Record<string, () => void>>;

export function listenForKeys(shortcuts: Shortcuts): void {
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.repeat || isTyping(event.target)) return;
    const held = event.ctrlKey || event.metaKey ? "ctrl+" : "";
    const action = shortcuts[held + event.key.toLowerCase()];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

function isTyping(target: EventTarget | null): boolean {
  // In a list, letters and digits go to the entry that begins with them.
  if (target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && target.type === "text";
}
