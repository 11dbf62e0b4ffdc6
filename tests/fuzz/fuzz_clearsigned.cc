// The frame of an InRelease, before GnuPG sees it.
#include "fuzz/fuzz.h"
#include "trust/clearsigned.h"

FUZZ(input) {
  bootstrap::require_clearsigned_frame(input, "input");
}
