// A .deb: ar members, their compression, the tars inside, control files, and every entry's path.
#include "fuzz/fuzz.h"
#include "fuzz/input_file.h"
#include "package/deb.h"

using namespace bootstrap;

FUZZ(input) {
  DebLimits limits;
  limits.control_size = 1 << 20;
  limits.data_size = 8 << 20;
  limits.always_allowed = 1 << 20;
  limits.entries = 5000;
  limits.metadata = 1 << 20;
  limits.decoder_memory = 32 << 20;
  const UniqueFd deb = input_file(input);
  const ControlData control = read_deb(
      deb.get(), "input", true,
      [](const Entry& entry, const std::string&, const std::function<std::string_view()>& read) {
        require(!entry.path.starts_with('/') && entry.path.find("..") != 0);
        if (entry.type == EntryType::kFile)
          while (!read().empty()) {
          }
      },
      limits);
  control.conffiles();
}
