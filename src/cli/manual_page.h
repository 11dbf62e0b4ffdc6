// The manual page bootstrap(1): its text is manual.mdoc, its options and verbs are the parser's.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace bootstrap {

/// The page in mdoc(7).
std::string manual_page(const CLI::App& app);

}  // namespace bootstrap
