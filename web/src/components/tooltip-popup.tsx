import { Tooltip as Primitive } from '@base-ui/react/tooltip';
import type { ReactElement, ReactNode } from 'react';

/** The text of a tooltip beside its control. */
export function TooltipPopup({
  anchor,
  onPointer,
  children,
}: {
  readonly anchor: Element;
  /** The pointer has come over the text, or has left it. */
  readonly onPointer: (isOver: boolean) => void;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <Primitive.Root open>
      <Primitive.Portal>
        <Primitive.Positioner anchor={anchor} sideOffset={6} className="z-50">
          <Primitive.Popup
            onPointerEnter={() => onPointer(true)}
            onPointerLeave={() => onPointer(false)}
            className="max-w-72 rounded-md border border-line bg-surface px-2.5 py-1.5 text-xs text-ink shadow-pop transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0"
          >
            {children}
          </Primitive.Popup>
        </Primitive.Positioner>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
