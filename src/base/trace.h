// What a run spent its time on, as spans of wall-clock time per thread, in the Trace Event Format
// (docs.google.com: "Trace Event Format") which chrome://tracing and Perfetto draw.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "base/json.h"

namespace bootstrap {

/// Collects spans. All calls may come from any thread. Recording one costs about a microsecond, so callers do
/// not ask whether anybody wants the trace.
class Trace {
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
    std::chrono::steady_clock::time_point start_;
  };

  /// `process` names this process in the drawing.
  explicit Trace(std::string process) : process_(std::move(process)) {}

  /// The events so far. Times are the machine's monotonic clock, so events of several processes fit together.
  Json events() const;
  /// Takes over the events() of another process.
  void add(const Json& events);

 private:
  void record(const std::string& name, std::chrono::steady_clock::time_point start,
              std::chrono::steady_clock::time_point end);

  std::string process_;
  mutable std::mutex mutex_;
  Json events_ = Json::array();
};

}  // namespace bootstrap
