// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// One chart with everything around it that uPlot lacks: a name, a summary, a
// cursor that is also spoken, the same numbers as a table and as a file.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { instant, rfc3339, zone } from '../time';
import type { Zone } from '../time';
import { Plot } from './drawing';
import type { Built } from './layers';
import { csv, fileName } from './csv';
import { savePicture, saveText } from './save';
import { StepTable } from './table';

export interface Column {
  head: string;
  cell: (step: number) => string;
  /** The number behind the text, for files; without it the text itself. */
  raw?: (step: number) => number | string | null | undefined;
}

export interface ChartProps {
  title: string;
  /** One sentence that says what a look at the picture would. */
  summary: string;
  /** What holds for all charts of a page: said to those who listen, shown once elsewhere. */
  note?: string;
  /** Ends of the steps in Unix seconds; every cell belongs to one. */
  stamps: readonly number[];
  columns: readonly Column[];
  plot: (zone: Zone) => Built;
  height: number;
  legend: ComponentChildren;
  /** Words that begin the names of files made of it. */
  about?: readonly string[];
  /** What the time axis spans. */
  span?: readonly [number, number];
  zoom: (from: number, to: number) => void;
  back: () => void;
}

export function Chart(props: ChartProps) {
  const id = useId();
  const asTable = useSignal(false);
  const step = useSignal<number | null>(null);
  const spoken = useSignal('');
  const canvas = useRef<HTMLCanvasElement>(null);
  const say = (i: number | null): string =>
    i === null ? '' : `${instant(props.stamps[i] ?? null, zone.value)}: ${props.columns.map((c) => `${c.head} ${c.cell(i)}`).join(', ')}`;
  return (
    <figure class="chart" role="figure" aria-labelledby={`${id}-title`} aria-describedby={`${id}-summary`}>
      <figcaption>
        <h2 id={`${id}-title`}>{props.title}</h2>
        <span class="chart-acts">
          <button type="button" class="plain" onClick={() => (asTable.value = !asTable.value)}>{asTable.value ? 'Show chart' : 'Show table'}</button>
          <button type="button" class="plain" aria-label={`Download ${props.title} as CSV`} onClick={() => saveText(fileName([...(props.about ?? []), props.title], 'csv'), stepsAsCsv(props))}>CSV</button>
          {!asTable.value && <button type="button" class="plain" aria-label={`Download ${props.title} as PNG`} onClick={() => canvas.current && savePicture(fileName([...(props.about ?? []), props.title], 'png'), [...(props.about ?? []), props.title].join(' · '), canvas.current)}>PNG</button>}
        </span>
        <p id={`${id}-summary`} class="quiet">{props.summary}<span class="hidden">{props.note}</span></p>
      </figcaption>
      {asTable.value ? (
        <StepTable {...props} />
      ) : (
        <>
          <Plot {...props} step={step} spoken={spoken} say={say} canvas={canvas} />
          <p class="readout" aria-hidden="true">{say(step.value) || <span class="quiet">{props.legend}</span>}</p>
          <p class="hidden" aria-live="polite">{spoken}</p>
        </>
      )}
    </figure>
  );
}

/** Every step, oldest first, with whole numbers and shares as they are. */
const stepsAsCsv = ({ stamps, columns }: Pick<ChartProps, 'stamps' | 'columns'>): string =>
  csv(['step_end', ...columns.map((c) => c.head)], stamps.map((t, i) => [rfc3339(t), ...columns.map((c) => (c.raw ? c.raw(i) : c.cell(i)))]));
