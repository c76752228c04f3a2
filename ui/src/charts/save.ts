// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// A chart as a file: its numbers as CSV, its picture as PNG. Made in the page,
// so that nothing is asked of anybody.
import { colour } from '../parts/theme';

export function saveText(name: string, text: string): void {
  save(name, new Blob([text], { type: 'text/csv;charset=utf-8' }));
}

/** The picture on its own ground with its title, as it is on the screen. */
export function savePicture(name: string, title: string, picture: HTMLCanvasElement): void {
  const px = devicePixelRatio;
  const head = 34 * px;
  const sheet = document.createElement('canvas');
  sheet.width = picture.width;
  sheet.height = picture.height + head;
  const ctx = sheet.getContext('2d');
  if (!ctx) return;
  ctx.fillStyle = colour('surface');
  ctx.fillRect(0, 0, sheet.width, sheet.height);
  ctx.fillStyle = colour('text');
  ctx.font = `600 ${14 * px}px system-ui, sans-serif`;
  ctx.fillText(title, 14 * px, 22 * px);
  ctx.drawImage(picture, 0, head);
  sheet.toBlob((blob) => blob && save(name, blob));
}

function save(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser reads the address a moment after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
