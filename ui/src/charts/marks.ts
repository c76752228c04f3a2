// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What happened, as thin lines through every chart: the event lane names them,
// here each kind has its own dash beside its colour.
import type { Item } from '../lane';
import { colour } from '../parts/theme';
import type { Layer } from './layers';

/** More lines than this would be a curtain; the newest are what somebody looks for. */
const most = 40;

const looks: Record<string, { token: string; dash: number[] }> = {
  version: { token: 'accent', dash: [1, 3] },
  page: { token: 'breaching', dash: [] },
  ticket: { token: 'at_risk', dash: [6, 3] },
  generation: { token: 'misconfigured', dash: [2, 2] },
};

export function marks(items: readonly Item[]): Layer {
  const lines = items.filter((item) => item.mark !== null).sort((a, b) => a.from - b.from).slice(-most)
    .map((item) => ({ at: item.from, dash: looks[item.mark!]!.dash, stroke: colour(looks[item.mark!]!.token) }));
  return (u) => {
    const { ctx, bbox } = u;
    const px = devicePixelRatio;
    ctx.lineWidth = px;
    ctx.globalAlpha = 0.75;
    for (const { at, dash, stroke } of lines) {
      const x = Math.round(u.valToPos(at, 'x', true)) + 0.5;
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = stroke;
      ctx.setLineDash(dash.map((d) => d * px));
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  };
}
