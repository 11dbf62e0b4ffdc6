#include "base/trace.h"

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("a trace holds spans and those of other processes") {
  Trace other("worker");
  {
    Trace::Span span(other, "unpacking");
  }
  Trace trace("bootstrap");
  {
    Trace::Span span(trace, "assembling");
  }
  trace.add(other.events());

  std::vector<std::string> spans;
  std::vector<std::string> processes;
  for (const Json& event : trace.events()) {
    if (event.at("ph") == "X") {
      spans.push_back(event.at("name"));
      CHECK(event.at("dur").get<std::int64_t>() >= 0);
    } else {
      processes.push_back(event.at("args").at("name"));
    }
  }
  CHECK(spans == std::vector<std::string>{"assembling", "unpacking"});
  CHECK(processes == std::vector<std::string>{"worker", "bootstrap"});
}
