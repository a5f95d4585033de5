import type { Home } from './home.ts';
export type DemoOptions = { readonly root: string; readonly home: Home; readonly endpoints: { readonly api: string; readonly docs: string; readonly temporalUi: string | null }; readonly readyAtMs: number; readonly say: (line: string) => void; readonly signal: AbortSignal };
export async function runDemo(options: DemoOptions): Promise<void> { options.say('later'); }
