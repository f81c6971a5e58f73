/* SPDX-License-Identifier: EUPL-1.2 */
/* Writes the manual page or the shell's completion, while the programs are built: weibel-manual page|completion. */
#include <string.h>

#include "commands.h"
#include "manual.h"

int main(int count, char **words) {
    if (count == 2 && strcmp(words[1], "page") == 0) {
        manual_page(stdout, commands, WEIBEL_VERSION);
    } else if (count == 2 && strcmp(words[1], "completion") == 0) {
        manual_completion(stdout, commands);
    } else {
        return 64;
    }
    return fflush(stdout) == 0 ? 0 : 74;
}
