import { Menu } from '@base-ui/react/menu';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { Icon, type IconName } from '../components/icon.tsx';
import { AccountButton } from './account-button.tsx';
import { useToast } from '../components/toast.tsx';
import { callForStatus, toApiError } from '../lib/api.ts';
import { sessionQuery } from '../lib/queries.ts';
import { forgetUploads } from '../features/upload/upload-records.ts';
import { forgetVisits } from '../lib/recent.ts';
import { setTheme, themes, useTheme, type Theme } from '../lib/theme.ts';

const themeIcons: Readonly<Record<Theme, IconName>> = { system: 'screen', light: 'sun', dark: 'moon' };
const themeWords: Readonly<Record<Theme, string>> = { system: 'System', light: 'Light', dark: 'Dark' };

const itemClass =
  'flex h-8 cursor-pointer items-center gap-2.5 rounded-sm px-2.5 text-sm outline-none select-none data-highlighted:bg-raised';

/** The account's name, the theme choice and sign-out. */
export function AccountMenu(): ReactElement {
  const { data: session } = useQuery(sessionQuery);
  const theme = useTheme();
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  // The menu is rendered inside its landmark instead of at the end of the document.
  const [area, setArea] = useState<HTMLElement | null>(null);
  const signOut = useMutation({
    mutationFn: () => callForStatus('/api/v1/session/sign-out', { method: 'POST' }),
    onSuccess: async () => {
      forgetVisits();
      void forgetUploads();
      await navigate({ to: '/sign-in', search: {} });
      client.clear();
    },
    onError: (error) => toast({ tone: 'bad', title: 'Not signed out', detail: toApiError(error).message }),
  });
  return (
    <div ref={setArea}>
      <Menu.Root defaultOpen>
        <Menu.Trigger render={<AccountButton />} />
        <Menu.Portal container={area}>
          <Menu.Positioner sideOffset={6} align="end" className="z-50">
            <Menu.Popup className="w-52 rounded-lg border border-line bg-surface p-1 shadow-pop outline-none">
              <div className="px-2.5 pt-1.5 pb-2">
                <p className="text-sm font-medium">{session?.name}</p>
                <p className="text-xs text-muted">project {session?.projectId}</p>
              </div>
              <Menu.Separator className="my-1 h-px bg-line" />
              <Menu.RadioGroup value={theme} onValueChange={(value: Theme) => setTheme(value)}>
                {themes.map((one) => (
                  <Menu.RadioItem key={one} value={one} className={itemClass}>
                    <Icon name={themeIcons[one]} className="size-4 text-muted" />
                    {themeWords[one]}
                    <Menu.RadioItemIndicator className="ml-auto">
                      <Icon name="check" className="size-3.5" />
                    </Menu.RadioItemIndicator>
                  </Menu.RadioItem>
                ))}
              </Menu.RadioGroup>
              <Menu.Separator className="my-1 h-px bg-line" />
              <Menu.Item className={itemClass} onClick={() => signOut.mutate()}>
                <Icon name="signOut" className="size-4 text-muted" />
                Sign out
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </div>
  );
}
