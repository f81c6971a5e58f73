/* SPDX-License-Identifier: EUPL-1.2 */
#include "pictures.h"

#define SECRET "SECRET"
#define BYTES(TEXT)                                                                                                    \
    { (const uint8_t *)(TEXT), sizeof(TEXT) - 1 }

/* Exif: lies on its right side, and more. */
#define TURNED_MORE                                                                                                    \
    "II*\0\x08\0\0\0\x02\0"                                                                                            \
    "\x0f\x01\x02\0\x06\0\0\0\x26\0\0\0"                                                                               \
    "\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"                                                                               \
    "\0\0\0\0" SECRET
#define TURNED "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
#define UPRIGHT_MORE                                                                                                   \
    "MM\0*\0\0\0\x08\0\x01"                                                                                            \
    "\x01\x0f\0\x02\0\0\0\x06\0\0\0\x1a"                                                                               \
    "\0\0\0\0" SECRET

#define JFIF "\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
#define JFIF_MORE "\xff\xe0\0\x16JFIF\0\x01\x01\0\0\x01\0\x01\x01\x02" SECRET
#define PROFILE "\xff\xe2\0\x13ICC_PROFILE\0\x01\x01rgb"
#define ADOBE                                                                                                          \
    "\xff\xee\0\x0e"                                                                                                   \
    "Adobe\0\x64\0\0\0\0\x01"
#define TABLES "\xff\xdb\0\x05\0\x01\x02\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0\xff\xc4\0\x03\0"
#define SCANS                                                                                                          \
    "\xff\xda\0\x08\x01\x01\0\0\x3f\0\x12\xff\0\x34\xff\xd0\x56\xff\xff\xda\0\x08\x01\x01\0\0\x3f\0\x78\xff\xd9"

#define PNG "\x89PNG\r\n\x1a\n"
#define PNG_HEAD "\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55"
#define PNG_COLOURS "\0\0\0\x04gAMA\0\0\xb1\x8f\x0b\xfc\x61\x05"
#define PNG_DATA "\0\0\0\x04IDAT\x01\x02\x03\x04\x05\x06\x07\x08"
#define PNG_END "\0\0\0\0IEND\xae\x42\x60\x82"

#define WEBP_FRAME "VP8 \x03\0\0\0\x01\x02\x03\0"

#define GIF_HEAD "GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"
#define GIF_IMAGE "!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\x80\1\2\3\4\5\6\x02\x02\x44\x01\0"
#define GIF_AGAIN "!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"

/* Items 1 (the picture), 2 (Exif, at 197 of the file) and 3 (XMP, in idat). */
#define HEIF_HEAD                                                                                                      \
    "\0\0\0\x14"                                                                                                       \
    "ftypheic\0\0\0\0heic"
#define HEIF_META                                                                                                      \
    "\0\0\0\xa9meta\0\0\0\0"                                                                                           \
    "\0\0\0\x4fiinf\0\0\0\0\0\x03"                                                                                     \
    "\0\0\0\x15infe\x02\0\0\0\0\x01\0\0hvc1\0"                                                                         \
    "\0\0\0\x15infe\x02\0\0\0\0\x02\0\0Exif\0"                                                                         \
    "\0\0\0\x17infe\x02\0\0\0\0\x03\0\0mime\0x\0"                                                                      \
    "\0\0\0\x40iloc\x01\0\0\0\x44\0\0\x03"                                                                             \
    "\0\x01\0\0\0\0\0\x01\0\0\0\xcb\0\0\0\x02"                                                                         \
    "\0\x02\0\0\0\0\0\x01\0\0\0\xc5\0\0\0\x06"                                                                         \
    "\0\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0\x06"                                                                         \
    "\0\0\0\x0eidat"
#define HEIF_DATA "\0\0\0\x10mdat"

const struct picture_sample picture_samples[] = {
    { "a JPEG of a camera",
      BYTES("\xff\xd8" JFIF_MORE "\xff\xe1\0\x34"
            "Exif\0\0" TURNED_MORE "\xff\xe1\0\x0ehttp:"
            "\0" SECRET "\xff\xe2\0\x0dMPF\0" SECRET "x" PROFILE "\xff\xed\0\x08" SECRET "\xff\xfe\0\x08" SECRET
            "\xff" ADOBE TABLES SCANS "\xff\xd8" SECRET),
      BYTES("\xff\xd8" JFIF "\xff\xe1\0\x22"
            "Exif\0\0" TURNED PROFILE ADOBE TABLES SCANS) },
    { "a JPEG that is upright",
      BYTES("\xff\xd8\xff\xe1\0\x28"
            "Exif\0\0" UPRIGHT_MORE TABLES SCANS),
      BYTES("\xff\xd8" TABLES SCANS) },
    { "a JPEG whose end is missing", BYTES("\xff\xd8" TABLES "\xff\xda\0\x08\x01\x01\0\0\x3f\0\x12\xff\0\x34"),
      BYTES("\xff\xd8" TABLES "\xff\xda\0\x08\x01\x01\0\0\x3f\0\x12\xff\0\x34") },
    { "a PNG",
      BYTES(PNG PNG_HEAD PNG_COLOURS "\0\0\0\x2c"
                                     "eXIf" TURNED_MORE "1234\0\0\0\x06tEXt" SECRET "1234\0\0\0\x06zTXt" SECRET
                                     "1234\0\0\0\x06iTXt" SECRET "1234\0\0\0\x06tIME" SECRET
                                     "1234" PNG_DATA PNG_END SECRET),
      BYTES(PNG PNG_HEAD PNG_COLOURS "\0\0\0\x1a"
                                     "eXIf" TURNED "\xd6\x67\x4b\x69" PNG_DATA PNG_END) },
    { "a PNG that is upright",
      BYTES(PNG PNG_HEAD "\0\0\0\x20"
                         "eXIf" UPRIGHT_MORE "1234" PNG_DATA PNG_END),
      BYTES(PNG PNG_HEAD PNG_DATA PNG_END) },
    { "a WebP",
      BYTES("RIFF\x6e\0\0\0WEBPVP8X\x0a\0\0\0\x2c\0\0\0\0\0\0\0\0\0"
            "ICCP\x02\0\0\0rg" WEBP_FRAME "EXIF\x2c\0\0\0" TURNED_MORE "XMP \x06\0\0\0" SECRET SECRET),
      BYTES("RIFF\x4e\0\0\0WEBPVP8X\x0a\0\0\0\x28\0\0\0\0\0\0\0\0\0"
            "ICCP\x02\0\0\0rg" WEBP_FRAME "EXIF\x1a\0\0\0" TURNED) },
    { "a WebP that is upright",
      BYTES("RIFF\x50\0\0\0WEBPVP8X\x0a\0\0\0\x08\0\0\0\0\0\0\0\0\0" WEBP_FRAME "EXIF\x26\0\0\0"
            "Exif\0\0" UPRIGHT_MORE),
      BYTES("RIFF\x22\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0" WEBP_FRAME) },
    { "a GIF",
      BYTES(GIF_HEAD GIF_AGAIN "!\xfe\x06" SECRET "\0!\xff\x0bXMP DataXMP\x06" SECRET "\0" GIF_IMAGE ";" SECRET),
      BYTES(GIF_HEAD GIF_AGAIN GIF_IMAGE ";") },
    { "a HEIC", BYTES(HEIF_HEAD HEIF_META SECRET HEIF_DATA SECRET "ab\0\0\0\x0empvd" SECRET),
      BYTES(HEIF_HEAD HEIF_META "\0\0\0\0\0\0" HEIF_DATA "\0\0\0\0\0\0"
                                "ab\0\0\0\x0e"
                                "free\0\0\0\0\0\0") },
};

const size_t picture_sample_count = sizeof picture_samples / sizeof *picture_samples;
