// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Where on the page is what, and where one is. A new section is a line here and
// its id on the page.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ObjectiveDetail } from '../../api';

const sections: readonly { id: string; name: string; has: (slo: ObjectiveDetail) => boolean }[] = [
  { id: 'charts', name: 'Charts', has: () => true },
  { id: 'alerts', name: 'Alerts', has: (slo) => (slo.rules ?? []).length > 0 },
  { id: 'groups', name: 'Groups', has: (slo) => (slo.groups ?? []).length > 0 },
  { id: 'trust', name: 'Trust', has: () => true },
  { id: 'computed', name: 'How it is computed', has: () => true },
  { id: 'exclusions', name: 'Exclusions', has: (slo) => (slo.exclusions ?? []).length > 0 },
  { id: 'corrections', name: 'Corrections', has: (slo) => (slo.corrections ?? []).length > 0 },
  { id: 'generations', name: 'Generations', has: (slo) => (slo.generations ?? []).length > 1 },
];

export function Sections({ slo }: { slo: ObjectiveDetail }) {
  const shown = sections.filter((s) => s.has(slo));
  const at = useReading(shown.map((s) => s.id));
  return (
    <nav class="sections" aria-label="On this page">
      {shown.map((s) => <a key={s.id} href={`#${s.id}`} aria-current={s.id === at ? 'location' : undefined}>{s.name}</a>)}
    </nav>
  );
}

/** The section that crosses the upper part of the window; none while the verdict is read. */
function useReading(ids: string[]): string | null {
  const reading = useSignal<string | null>(null);
  useEffect(() => {
    const crossing = new Set<string>();
    const watch = new IntersectionObserver((all) => {
      for (const one of all) crossing[one.isIntersecting ? 'add' : 'delete'](one.target.id);
      reading.value = ids.find((id) => crossing.has(id)) ?? null;
    }, { rootMargin: '-15% 0px -70% 0px' });
    for (const id of ids) {
      const section = document.getElementById(id);
      if (section) watch.observe(section);
    }
    return () => watch.disconnect();
  }, [ids.join()]);
  return reading.value;
}
