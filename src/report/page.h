// The report as one HTML page that needs nothing else: no network, no other file, no server.
//
// Names and texts come from packages and images, which may be hostile. They are never made part of the
// markup: the page carries them as JSON, in which no character can end its element, and its script shows them
// as text. A Content-Security-Policy lets only the very style and script that this program was built with
// run.
#pragma once

#include <string>

#include "base/json.h"

namespace bootstrap {

/// `report` is what collect_report() gave.
std::string render_page(const Json& report);

}  // namespace bootstrap
