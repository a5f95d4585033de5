import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { searchAttributes } from '../contracts/index.ts';

/**
 * The first and the last lines are kept: they show the start and the current state; a long timeline loses its middle.
 */
const keptHead = 10;
const keptTail = 40;
const maxLineLength = 300;

export function oneLine(text: string, maxLength: number = maxLineLength): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`;
}

/** Timeline of a run as Markdown, shown live in Temporal's Web UI. It costs no history event. */
export class Timeline {
  readonly #title: string;
  readonly #facts = new Map<string, string>();
  readonly #lines: string[] = [];
  #left = 0;

  constructor(title: string, facts: Readonly<Record<string, string>>) {
    this.#title = oneLine(title);
    const service = workflowInfo().typedSearchAttributes.get(searchAttributes.service);
    if (service !== undefined) this.#facts.set('Service', oneLine(service));
    for (const [name, value] of Object.entries(facts)) this.#facts.set(name, oneLine(value));
    this.#show();
  }

  log(line: string): void {
    // the clock in a workflow comes from its history, so a replay yields the same times
    this.#lines.push(`\`${new Date().toISOString().slice(0, 19)}Z\` ${oneLine(line)}`);
    if (this.#lines.length > keptHead + keptTail) {
      this.#lines.splice(keptHead, 1);
      this.#left++;
    }
    this.#show();
  }

  fact(name: string, value: string): void {
    this.#facts.set(name, oneLine(value));
    this.#show();
  }

  /** Sets the phase, also as a search attribute, which costs one event. */
  phase(phase: string, attempt?: number): void {
    this.#facts.set('Phase', phase);
    this.#show();
    upsertSearchAttributes([
      { key: searchAttributes.phase, value: phase },
      ...(attempt === undefined ? [] : [{ key: searchAttributes.attempt, value: attempt }]),
    ]);
  }

  #show(): void {
    const facts = [...this.#facts].map(([name, value]) => `- ${name}: **${value}**`);
    const lines = this.#lines.map((line) => `- ${line}`);
    if (this.#left > 0) lines.splice(keptHead, 0, `- … ${this.#left} lines …`);
    setCurrentDetails([`### ${this.#title}`, '', ...facts, '', ...lines].join('\n'));
  }
}
