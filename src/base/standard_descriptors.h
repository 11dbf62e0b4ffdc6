#pragma once

namespace bootstrap {

/// Opens /dev/null in the place of a standard descriptor that is closed. Otherwise the next file that is
/// opened, such as one of the store, would get its number, and messages would be written into it. Throws.
void occupy_standard_descriptors();

}  // namespace bootstrap
