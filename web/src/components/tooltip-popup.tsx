import { Tooltip as Primitive } from '@base-ui/react/tooltip';
import type { ReactElement, ReactNode } from 'react';

/** The text of a tooltip, inside its control's element: a pointer over the text is over the control. */
export function TooltipPopup({
  anchor,
  children,
}: {
  readonly anchor: HTMLElement;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <Primitive.Root open>
      <Primitive.Portal container={anchor}>
        <Primitive.Positioner anchor={anchor} sideOffset={6} className="z-50">
          <Primitive.Popup className="max-w-72 rounded-md border border-line bg-surface px-2.5 py-1.5 text-xs text-ink shadow-pop transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0">
            {children}
          </Primitive.Popup>
        </Primitive.Positioner>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
