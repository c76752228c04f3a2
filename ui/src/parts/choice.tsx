// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

export const distinct = (values: string[]): string[] => [...new Set(values)].filter((v) => v !== '').sort((a, b) => a.localeCompare(b));

/** A choice of one value or all. Where there is nothing to choose, there is no choice. */
export function Choice({ name, all, value, of, choose }: { name: string; all: string; value: string; of: string[]; choose: (value: string) => void }) {
  if (of.length < 2 && value === '') return null;
  const options = value !== '' && !of.includes(value) ? [value, ...of] : of;
  return <Select name={name} all={all} value={value} of={options.map((option) => ({ value: option, label: option }))} choose={choose} />;
}

export function Select({ name, all, value, of, choose }: { name: string; all: string; value: string; of: { value: string; label: string }[]; choose: (value: string) => void }) {
  return (
    <label>
      <span class="hidden">{name}</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{all}</option>
        {of.map((option) => <option key={option.value} value={option.value}>{option.label}</option>)}
      </select>
    </label>
  );
}
