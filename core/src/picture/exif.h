/* SPDX-License-Identifier: EUPL-1.2 */
/* Exif (CIPA DC-008): what cameras say of a picture. Only which side is up is needed to show it. */
#ifndef CORE_PICTURE_EXIF_H
#define CORE_PICTURE_EXIF_H

#include <stddef.h>
#include <stdint.h>

enum {
    EXIF_UPRIGHT = 1, /**< orientation: as it is stored; 2 to 8 are the turned and mirrored ones */
    EXIF_SMALLEST = 26,
};

/** Which side is up, by the TIFF structure in which Exif lies; EXIF_UPRIGHT if it doesn't say. */
uint8_t exif_orientation(const uint8_t *tiff, size_t len);

/** Writes a structure that says this and nothing else. One that says it is never shorter. */
void exif_write(uint8_t orientation, uint8_t out[EXIF_SMALLEST]);

#endif
