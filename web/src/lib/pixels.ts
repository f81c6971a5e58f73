// SPDX-License-Identifier: EUPL-1.2
// How large a picture becomes when it is drawn, read from its head alone: a few bytes can ask a browser for gigabytes.

const MOST = 64 << 20; // pixels: what the largest cameras make, and at four bytes each what a tab can bear
/** Of those that come inside a message, or stand beside a name. */
export const MOST_SMALL = 1 << 20;
const SCANNED = 64 << 10; // bytes in which an AVIF says its size

function jpeg(view: DataView): number {
  let most = 0;
  for (let at = 2; at + 9 <= view.byteLength; ) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff || marker === 0xda) {
      break; // the picture itself
    }
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2; // padding, or a marker without a length
      continue;
    }
    most = frame ? Math.max(most, view.getUint16(at + 5) * view.getUint16(at + 7)) : most;
    at += 2 + Math.max(view.getUint16(at + 2), 2);
  }
  return most;
}

function webp(view: DataView): number {
  const little24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (view.getUint32(12)) {
    case 0x56503820: // "VP8 "
      return (view.getUint16(26, true) & 0x3fff) * (view.getUint16(28, true) & 0x3fff);
    case 0x5650384c: {
      const sizes = view.getUint32(21, true); // "VP8L"
      return ((sizes & 0x3fff) + 1) * (((sizes >> 14) & 0x3fff) + 1);
    }
    case 0x56503858: // "VP8X"
      return (little24(24) + 1) * (little24(27) + 1);
    default:
      return 0;
  }
}

function avif(view: DataView): number {
  let most = 0;
  for (let at = 0; at + 16 <= Math.min(view.byteLength, SCANNED); at++) {
    if (view.getUint32(at) === 0x69737065 /* "ispe" */) {
      most = Math.max(most, view.getUint32(at + 8) * view.getUint32(at + 12));
    }
  }
  return most;
}

/** 0 if it begins like no picture that browsers draw. What kind it is called is not asked: they don't ask either. */
export function pixelsOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const begin = view.getUint32(0);
    if (begin === 0x89504e47) {
      return view.getUint32(16) * view.getUint32(20); // PNG
    }
    if (begin === 0x47494638) {
      return view.getUint16(6, true) * view.getUint16(8, true); // GIF
    }
    if (begin >>> 8 === 0xffd8ff) {
      return jpeg(view);
    }
    if (begin === 0x52494646 && view.getUint32(8) === 0x57454250) {
      return webp(view);
    }
    return view.getUint32(4) === 0x66747970 /* "ftyp" */ ? avif(view) : 0;
  } catch {
    return 0; // it ends before
  }
}

/** True for a picture that may be drawn without being asked for. */
export function isBearable(bytes: Uint8Array, most = MOST): boolean {
  const pixels = pixelsOf(bytes);
  return pixels > 0 && pixels <= most;
}
