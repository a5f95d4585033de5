import type { IconName } from '../components/icon.tsx';

export const navigation = [
  { to: '/', label: 'Overview', icon: 'overview', keys: 'g o' },
  { to: '/jobs', label: 'Training', icon: 'training', keys: 'g j' },
  { to: '/datasets', label: 'Datasets', icon: 'data', keys: 'g d' },
  { to: '/models', label: 'Models', icon: 'models', keys: 'g m' },
  { to: '/playground', label: 'Playground', icon: 'playground', keys: 'g p' },
  { to: '/providers', label: 'Providers', icon: 'providers', keys: 'g r' },
] as const satisfies readonly { to: string; label: string; icon: IconName; keys: string }[];
