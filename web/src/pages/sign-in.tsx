import { sessionViewSchema } from '@artenic/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactElement } from 'react';
import { Button } from '../components/button.tsx';
import { CommandLine } from '../components/command-line.tsx';
import { Input } from '../components/field.tsx';
import { Brand } from '../layout/brand.tsx';
import { Spinner } from '../components/spinner.tsx';
import { callApi, toApiError } from '../lib/api.ts';
import { keys } from '../lib/queries.ts';

type Credential = { readonly token: string } | { readonly apiKey: string };

/** The token is read once and removed from the address, so that it stays in no history. */
function takeToken(): string | null {
  const token = new URLSearchParams(window.location.hash.slice(1)).get('token');
  if (token !== null) window.history.replaceState(window.history.state, '', window.location.pathname);
  return token;
}

function useSignIn() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { to } = useSearch({ from: '/sign-in' });
  return useMutation({
    mutationFn: (credential: Credential) =>
      callApi('/api/v1/session/sign-in', sessionViewSchema, { method: 'POST', json: credential }),
    onSuccess: async (session) => {
      client.setQueryData(keys.session, session);
      // Only local addresses are allowed: they begin with exactly one slash.
      await navigate({ href: to !== undefined && /^\/(?!\/)/.test(to) ? to : '/', replace: true });
    },
  });
}

export function SignInPage(): ReactElement {
  const [apiKey, setApiKey] = useState('');
  const [token] = useState(takeToken);
  const wasTried = useRef(false);
  const signIn = useSignIn();
  const error = signIn.error === null ? null : toApiError(signIn.error);
  const { mutate } = signIn;
  useEffect(() => {
    document.title = 'Sign in – Artenic';
    // A sign-in link works only once, and React may run this effect twice.
    if (token === null || wasTried.current) return;
    wasTried.current = true;
    mutate({ token });
  }, [token, mutate]);
  const isByLink = token !== null && (signIn.isPending || signIn.isIdle);

  return (
    <main id="content" className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-sm">
        <div className="mb-7 flex flex-col items-center gap-4 text-center">
          <Brand className="size-11" />
          <div>
            <h1 className="text-2xl font-semibold tracking-tight">Sign in to Artenic</h1>
            <p className="mt-1 text-sm text-muted">Train, serve and watch models.</p>
          </div>
        </div>
        <div className="rounded-xl border border-line bg-surface p-5 shadow-card">
          {isByLink ? (
            <p role="status" className="flex items-center justify-center gap-2.5 py-6 text-sm text-muted">
              <Spinner className="size-4" /> Signing in …
            </p>
          ) : (
            <form
              onSubmit={(event) => {
                event.preventDefault();
                signIn.mutate({ apiKey: apiKey.trim() });
                setApiKey('');
              }}
              className="flex flex-col gap-4"
            >
              {error !== null && (
                <div role="alert" className="rounded-md border border-bad/25 bg-bad/10 px-3 py-2 text-sm text-bad">
                  <p className="font-medium">{error.title}</p>
                  <p className="text-xs">{error.message}</p>
                </div>
              )}
              <Input
                label="API key"
                type="password"
                name="api-key"
                autoComplete="off"
                isMono
                required
                placeholder="aa_live_…"
                value={apiKey}
                onChange={(event) => setApiKey(event.target.value)}
                hint="Exchanged for a session; not stored in the browser."
              />
              <Button type="submit" kind="primary" isBusy={signIn.isPending}>
                Sign in
              </Button>
            </form>
          )}
        </div>
        <div className="mt-6 flex flex-col items-center gap-2 text-center text-xs text-muted">
          <p>
            No key? This prints a one-time sign-in link, on the machine where Artenic runs. The admin’s key is in{' '}
            <code className="font-mono">admin.key</code> in its home folder (
            <code className="font-mono">ARTENIC_HOME</code>, by default <code className="font-mono">.artenic</code>).
          </p>
          <CommandLine command="npx artenic dashboard" />
        </div>
      </div>
    </main>
  );
}
