// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What a machine can judge of how a page looks. Each judge runs in the page and
// returns what is wrong, in words; an empty list means it found nothing.

/** All judges at once, beside axe. */
export const faults = async (tab) => [...(await frame(tab)), ...(await overflowing(tab)), ...(await clipped(tab)), ...(await overlapping(tab))];

/** Wider than the window: somebody would have to scroll sideways. */
export const overflowing = (tab) => tab.evaluate(() => {
  const wide = document.documentElement.scrollWidth;
  if (wide <= innerWidth) return [];
  const scrolled = (e) => { for (let up = e.parentElement; up; up = up.parentElement) if (getComputedStyle(up).overflowX !== 'visible') return true; return false; };
  const guilty = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !scrolled(e)).slice(-3);
  return [`${wide} px wide in a window of ${innerWidth}: ${guilty.map((e) => e.outerHTML.slice(0, 80)).join(' | ')}`];
});

/** One main landmark, one h1, a title that says where one is, a language. */
const frame = (tab) => tab.evaluate(() => [
  document.querySelectorAll('main').length === 1 ? '' : `${document.querySelectorAll('main').length} main landmarks`,
  document.querySelectorAll('h1').length === 1 ? '' : `${document.querySelectorAll('h1').length} h1`,
  /^(.+ · )?Leadline$/.test(document.title) ? '' : `title "${document.title}"`,
  document.documentElement.lang === 'en' ? '' : 'no language',
].filter((words) => words !== ''));

/** Text that its box cuts off, or that runs out of it; what scrolls and what is hidden on purpose is neither. */
export const clipped = (tab) => tab.evaluate(() => {
  const said = (e) => [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim() !== '');
  const scrolls = (e) => { const s = getComputedStyle(e); return /auto|scroll/.test(s.overflowX + s.overflowY); };
  const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && e.closest('.hidden, .skip, svg, select, [aria-hidden=true]') === null;
  return [...document.querySelectorAll('body *')]
    // An ellipsis is meant: the rows of a dense list end with one, and open whole.
    .filter((e) => e.clientWidth > 0 && said(e) && seen(e) && !scrolls(e) && getComputedStyle(e).textOverflow !== 'ellipsis')
    .filter((e) => e.scrollWidth > e.clientWidth + 1 || (getComputedStyle(e).overflowY === 'hidden' && e.scrollHeight > e.clientHeight + 1))
    .map((e) => `clipped: ${e.tagName.toLowerCase()}.${e.className} "${e.textContent.trim().slice(0, 60)}" (${e.scrollWidth} of ${e.clientWidth} px)`).slice(0, 5);
});

/** Pieces of text that stand on each other. */
export const overlapping = (tab) => tab.evaluate(() => {
  const pieces = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const e = node.parentElement;
    if (node.data.trim() === '' || e.closest('.hidden, .skip, select, noscript, script, .popover, dialog') !== null || !e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    // What a scroller keeps out of view stands on nothing.
    const frames = [];
    for (let up = e; up; up = up.parentElement) if (/auto|scroll|hidden/.test(getComputedStyle(up).overflowY)) frames.push(up.getBoundingClientRect());
    for (const rect of range.getClientRects()) {
      let ends = e;
      while (ends !== null && getComputedStyle(ends).textOverflow !== 'ellipsis') ends = ends.parentElement;
      const cut = ends === null ? rect.right : Math.min(rect.right, ends.getBoundingClientRect().right);
      const box = new DOMRect(rect.left, rect.top, Math.max(0, cut - rect.left), rect.height);
      const inside = frames.every((f) => box.top >= f.top - 1 && box.bottom <= f.bottom + 1);
      if (box.width > 2 && box.height > 2 && inside) pieces.push({ e, words: node.data.trim(), box });
    }
  }
  pieces.sort((a, b) => a.box.top - b.box.top);
  const found = [];
  for (let i = 0; i < pieces.length; i++) {
    for (let k = i + 1; k < pieces.length && pieces[k].box.top < pieces[i].box.bottom - 4; k++) {
      const [a, b] = [pieces[i], pieces[k]];
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      // Line boxes of one paragraph touch; letters that stand on letters share more than that.
      const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (a.e !== b.e && across > 2 && down > 5) found.push(`overlapping: "${a.words.slice(0, 40)}" and "${b.words.slice(0, 40)}"`);
    }
  }
  return found.slice(0, 5);
});

/** What takes the focus by keyboard and does not show it. */
export async function unmarked(tab) {
  await tab.keyboard.press('Tab');
  return tab.evaluate(() => {
    const may = 'a[href], button:not(:disabled), input:not(:disabled), select, summary, [tabindex="0"]';
    const all = [...document.querySelectorAll(may)].filter((e) => e.checkVisibility({ visibilityProperty: true })).slice(0, 150);
    return all.filter((e) => {
      e.focus({ focusVisible: true });
      if (document.activeElement !== e) return false;
      const marks = [e, e.nextElementSibling, e.parentElement].filter((x) => x !== null).map((x) => getComputedStyle(x));
      return !marks.some((s) => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2));
    }).map((e) => `no focus ring: ${e.outerHTML.slice(0, 100)}`).slice(0, 5);
  });
}
