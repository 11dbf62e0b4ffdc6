// What a run spent its time on, as spans of wall-clock time per thread, in the Trace Event Format
// which chrome://tracing and Perfetto draw.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "base/json.h"

namespace bootstrap {

/// Collects spans. All calls may come from any thread. Recording one costs about a microsecond, so callers do
/// not ask whether anybody wants the trace.
class Trace {
  /// In microseconds.
  struct Times {
    std::int64_t wall = 0;       ///< of the machine's monotonic clock
    std::int64_t processor = 0;  ///< spent by this thread: tells work from waiting

    static Times now();
  };

 public:
  /// A piece of work, from its construction to its destruction, on one thread.
  class Span {
   public:
    Span(Trace& trace, std::string name);
    ~Span();
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;

   private:
    Trace& trace_;
    std::string name_;
    Times start_;
  };

  /// `process` names this process in the drawing.
  explicit Trace(std::string process) : process_(std::move(process)) {}

  /// The events so far. Times are the machine's monotonic clock, so events of several processes fit together.
  Json events() const;
  /// Takes over the events() of another process.
  void add(const Json& events);

 private:
  void record(const std::string& name, const Times& start, const Times& end);

  std::string process_;
  mutable std::mutex mutex_;
  Json events_ = Json::array();
};

}  // namespace bootstrap
