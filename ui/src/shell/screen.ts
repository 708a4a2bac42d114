// The whole screen as a picture. No browser lets a page take a photograph of itself, but each draws
// an SVG that holds the page: a copy of its elements, with its rules and its canvases inside.

const SVG = 'http://www.w3.org/2000/svg';
const XHTML = 'http://www.w3.org/1999/xhtml';
/** What stands for `<html>` and `<body>`, which cannot be inside a picture. */
const ROOT = 'picture-root';
const BODY = 'picture-body';

/** The page as it looks now, without dialogs, `scale` times as large. */
export async function screenCanvas(scale: number): Promise<HTMLCanvasElement> {
  const { innerWidth: width, innerHeight: height } = window;
  const page = copied(document.body);
  const root = document.documentElement;
  const data = [...root.attributes]
    .filter(({ name }) => name.startsWith('data-'))
    .map(({ name, value }) => ` ${name}="${value.replaceAll('"', '&quot;')}"`)
    .join('');
  const style = `<style>${escapedCss(rules())}</style>`;
  const size = `width="${width}" height="${height}"`;
  const box = `style="width:${width}px;height:${height}px;overflow:hidden"`;
  const text =
    `<svg xmlns="${SVG}" ${size} viewBox="0 0 ${width} ${height}"><foreignObject ${size}>` +
    `<div xmlns="${XHTML}" class="${ROOT}"${data} ${box}>${style}` +
    `<div class="${BODY}" style="height:100%">${page}</div></div></foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** All rules of the page, with other names for the elements that are not there. */
export function rehomed(css: string): string {
  return css
    .replace(/(^|[\s,{}>])(?::root|html)(?=[\s,{[.:])/g, `$1.${ROOT}`)
    .replace(/(^|[\s,{}>])body(?=[\s,{[.:])/g, `$1.${BODY}`);
}

function rules(): string {
  const texts = [...document.styleSheets].flatMap((sheet) =>
    [...sheet.cssRules].map((rule) => rule.cssText),
  );
  return rehomed(texts.join('\n'));
}

function escapedCss(css: string): string {
  return css.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}

/** The elements below one as XHTML, with what only the live ones know: values, canvases, scrolling. */
function copied(live: Element): string {
  // In a document of its own, where nothing loads and no policy of the page applies.
  const inert = document.implementation.createHTMLDocument('');
  const copy = inert.importNode(live, true);
  const pairs: [Element, Element][] = [[live, copy]];
  const [all, same] = [live.querySelectorAll('*'), copy.querySelectorAll('*')];
  all.forEach((element, place) => pairs.push([element, same[place]]));
  for (const [from, to] of pairs) fill(from, to, inert);
  copy.querySelectorAll('dialog, script, link, iframe').forEach((element) => element.remove());
  const writer = new XMLSerializer();
  return [...copy.childNodes].map((node) => writer.serializeToString(node)).join('');
}

function fill(from: Element, to: Element, inert: Document): void {
  if (from instanceof HTMLCanvasElement) {
    const image = inert.createElement('img');
    const { position, left, top, display, opacity } = getComputedStyle(from);
    const size = `width:${from.clientWidth}px;height:${from.clientHeight}px`;
    const place = `position:${position};left:${left};top:${top};display:${display}`;
    // Not as an attribute: the policy of the page allows no styles in markup.
    image.style.cssText = `${size};${place};opacity:${opacity}`;
    if (from.width > 0 && from.height > 0) image.setAttribute('src', from.toDataURL());
    to.replaceWith(image);
  } else if (from instanceof HTMLInputElement) {
    to.setAttribute('value', from.value);
    to.toggleAttribute('checked', from.checked);
  } else if (from instanceof HTMLTextAreaElement) {
    to.textContent = from.value;
  } else if (from instanceof HTMLOptionElement) {
    to.toggleAttribute('selected', from.selected);
  }
  const { scrollTop, scrollLeft } = from;
  if (scrollTop === 0 && scrollLeft === 0) return;
  for (const child of to.children) {
    if ('style' in child) {
      const { style } = child as HTMLElement;
      style.transform = `translate(${-scrollLeft}px,${-scrollTop}px)`;
    }
  }
}
