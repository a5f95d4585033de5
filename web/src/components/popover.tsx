import { Popover as Primitive } from '@base-ui/react/popover';
import { useState, type ReactElement, type ReactNode } from 'react';
import { Button } from './button.tsx';
import type { IconName } from './icon.tsx';

/** A button that opens a panel beside it. The page stays usable; Escape and a click elsewhere close the panel. */
export function Popover(props: {
  readonly label: string;
  readonly icon: IconName;
  readonly title: string;
  readonly children: (close: () => void) => ReactNode;
}): ReactElement {
  const { label, icon, title, children } = props;
  const [isOpen, setIsOpen] = useState(false);
  // The panel is rendered inside its landmark instead of at the end of the document.
  const [area, setArea] = useState<HTMLElement | null>(null);
  return (
    <div ref={setArea}>
      <Primitive.Root open={isOpen} onOpenChange={setIsOpen}>
        <Primitive.Trigger render={<Button icon={icon}>{label}</Button>} />
        <Primitive.Portal container={area}>
          <Primitive.Positioner sideOffset={6} align="end" className="z-30">
            <Primitive.Popup className="max-h-[min(32rem,var(--available-height))] w-[min(20rem,var(--available-width))] overflow-y-auto rounded-lg border border-line bg-surface p-2 text-sm text-ink shadow-pop outline-none">
              <Primitive.Title className="px-2 pt-1 pb-1.5 text-xs font-medium text-muted">{title}</Primitive.Title>
              {children(() => setIsOpen(false))}
            </Primitive.Popup>
          </Primitive.Positioner>
        </Primitive.Portal>
      </Primitive.Root>
    </div>
  );
}
