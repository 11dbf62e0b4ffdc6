// A changelog out of a package, from which evidence is made.
#include "fuzz/fuzz.h"
#include "update/changelog.h"

using namespace bootstrap;

FUZZ(input) {
  for (const ChangelogEntry& entry : parse_changelog(input)) {
    find_cves(entry.text);
    find_advisories(entry.text);
  }
}
