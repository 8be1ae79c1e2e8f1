/** Makes elements: a tag, what it says and holds. */

export interface ElementOptions {
  readonly class?: string;
  readonly testid?: string;
  readonly text?: string;
  readonly label?: string;
  readonly role?: string;
}

/** An element with its attributes and children set. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: ElementOptions = {},
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (options.class !== undefined) element.className = options.class;
  if (options.testid !== undefined) element.dataset["testid"] = options.testid;
  if (options.text !== undefined) element.textContent = options.text;
  if (options.label !== undefined) element.setAttribute("aria-label", options.label);
  if (options.role !== undefined) element.setAttribute("role", options.role);
  element.append(...children);
  return element;
}
