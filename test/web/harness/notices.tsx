import { useState, type ReactElement } from 'react';
import { Toasts, useToast } from '../../../web/src/components/toast.tsx';
import { sha256Of } from '../../../web/src/lib/upload.ts';

function Buttons(): ReactElement {
  const toast = useToast();
  const [count, setCount] = useState(1);
  const [hash, setHash] = useState('none');
  return (
    <>
      <button
        type="button"
        className="min-h-8"
        onClick={() => {
          toast({ tone: count % 2 === 0 ? 'bad' : 'ok', title: `Notice ${count}`, detail: 'With its cause.' });
          setCount(count + 1);
        }}
      >
        Notify
      </button>
      <input
        type="file"
        aria-label="File"
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          setHash('reading');
          if (file !== undefined) sha256Of(file).then(setHash, (error: unknown) => setHash(String(error)));
        }}
      />
      <output>{hash}</output>
    </>
  );
}

export function Notices(): ReactElement {
  return (
    <>
      <Buttons />
      <Toasts />
    </>
  );
}
