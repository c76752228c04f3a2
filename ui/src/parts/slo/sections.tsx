// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Where on the page is what. A new section is a line here and its id on the page.
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
  return (
    <nav class="sections" aria-label="On this page">
      {sections.filter((s) => s.has(slo)).map((s) => <a key={s.id} href={`#${s.id}`}>{s.name}</a>)}
    </nav>
  );
}
