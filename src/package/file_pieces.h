// A file's content as a stream of pieces, for what is too large to hold at once.
#pragma once

#include "package/compress.h"

namespace bootstrap {

/// Gives what is left of the open file `fd` to `sink`, piece by piece. Throws kFailure when it cannot be
/// read.
void read_pieces(int fd, const ByteSink& sink);

}  // namespace bootstrap
