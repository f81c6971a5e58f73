// SPDX-License-Identifier: EUPL-1.2
// Pictures as cameras make them, for those who send some.
'use strict';

const SECRET = '46.94809 N, 7.44744 E';
const ONE_PIXEL = Buffer.from('/9j/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k=', 'base64');

// A JPEG that says in its Exif that the camera lay on its side, and a secret.
function fromCamera(jpeg = ONE_PIXEL) {
  const turned = Buffer.from('49492a0008000000010012010300010000000600000000000000', 'hex');
  const exif = Buffer.concat([Buffer.from('Exif\0\0'), turned, Buffer.from(SECRET)]);
  const head = Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, 2 + exif.length]);
  return Buffer.concat([head, exif, jpeg.subarray(2)]);
}

module.exports = { SECRET, fromCamera };
