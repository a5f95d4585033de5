import { Menu } from '@base-ui/react/menu';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement, type ReactNode } from 'react';
import { Icon, type IconName } from '../components/icon.tsx';
import { topicOfPage } from '../features/help/page-topics.ts';
import { startTour } from '../features/tour/tour-state.ts';
import { HelpButton } from './help-button.tsx';

const itemClass =
  'flex h-8 cursor-pointer items-center gap-2.5 rounded-sm px-2.5 text-sm outline-none select-none data-highlighted:bg-raised';

function Item({
  icon,
  onClick,
  children,
}: {
  readonly icon: IconName;
  readonly onClick: () => void;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <Menu.Item className={itemClass} onClick={onClick}>
      <Icon name={icon} className="size-4 text-muted" />
      {children}
    </Menu.Item>
  );
}

/** Documentation, the tour, the shortcuts and the reference of the API. */
export function HelpMenu({
  isIcon,
  onShortcuts,
}: {
  readonly isIcon: boolean;
  readonly onShortcuts: () => void;
}): ReactElement {
  const navigate = useNavigate();
  const about = topicOfPage(useLocation({ select: ({ pathname }) => pathname }));
  // The menu is rendered inside its landmark instead of at the end of the document.
  const [area, setArea] = useState<HTMLElement | null>(null);
  return (
    <div ref={setArea}>
      <Menu.Root defaultOpen>
        <Menu.Trigger render={<HelpButton isIcon={isIcon} />} />
        <Menu.Portal container={area}>
          <Menu.Positioner sideOffset={6} align={isIcon ? 'end' : 'start'} className="z-50">
            <Menu.Popup className="w-52 rounded-lg border border-line bg-surface p-1 shadow-pop outline-none">
              <Item icon="book" onClick={() => void navigate({ to: '/help', search: {} })}>
                Documentation
              </Item>
              {about !== null && (
                <Item
                  icon="help"
                  onClick={() =>
                    void navigate({
                      to: '/help/$',
                      params: { _splat: about.path },
                      ...(about.anchor === undefined ? {} : { hash: about.anchor }),
                    })
                  }
                >
                  {about.label}
                </Item>
              )}
              <Item icon="play" onClick={startTour}>
                Tour
              </Item>
              <Item icon="keyboard" onClick={onShortcuts}>
                Shortcuts
                <kbd className="ml-auto font-mono text-xs text-muted">?</kbd>
              </Item>
              <Menu.LinkItem className={itemClass} href="/docs" target="_blank" rel="noreferrer" closeOnClick>
                <Icon name="external" className="size-4 text-muted" />
                API reference
                <span className="sr-only">(opens a new tab)</span>
              </Menu.LinkItem>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </div>
  );
}
