import { useEffect, useState } from 'react';
import { texts } from './palette.ts';

/** Utility classes whose colours the canvas needs. */
const probeClasses = { ...texts, ink: 'text-ink', line: 'text-line', surface: 'text-surface' } as const;
export type ThemeColours = Readonly<Record<keyof typeof probeClasses, string>> & { readonly font: string };

function read(): ThemeColours {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const colours = Object.fromEntries(
    Object.entries(probeClasses).map(([name, className]) => {
      probe.className = className;
      return [name, style.color];
    }),
  ) as Record<keyof typeof probeClasses, string>;
  const { fontFamily } = style;
  probe.remove();
  return { ...colours, font: `11px ${fontFamily}` };
}

/** The theme's colours in the form a canvas accepts. Updated when the user or the system changes the theme. */
export function useThemeColours(): ThemeColours {
  const [colours, setColours] = useState(read);
  useEffect(() => {
    const update = (): void =>
      setColours((before) => {
        const next = read();
        return JSON.stringify(next) === JSON.stringify(before) ? before : next;
      });
    const observer = new MutationObserver(update);
    observer.observe(document.documentElement, { attributes: true });
    const queries = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query));
    for (const query of queries) query.addEventListener('change', update);
    document.fonts.addEventListener('loadingdone', update);
    return () => {
      observer.disconnect();
      for (const query of queries) query.removeEventListener('change', update);
      document.fonts.removeEventListener('loadingdone', update);
    };
  }, []);
  return colours;
}
