#include "base/trace.h"

#include <unistd.h>

namespace bootstrap {

namespace {

std::int64_t microseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

}  // namespace

Trace::Span::Span(Trace& trace, std::string name)
    : trace_(trace), name_(std::move(name)), start_(std::chrono::steady_clock::now()) {}

Trace::Span::~Span() {
  trace_.record(name_, start_, std::chrono::steady_clock::now());
}

void Trace::record(const std::string& name, std::chrono::steady_clock::time_point start,
                   std::chrono::steady_clock::time_point end) {
  Json event = {{"name", name},
                {"ph", "X"},
                {"ts", microseconds(start.time_since_epoch())},
                {"dur", microseconds(end - start)},
                {"pid", ::getpid()},
                {"tid", ::gettid()}};
  std::lock_guard guard(mutex_);
  events_.push_back(std::move(event));
}

Json Trace::events() const {
  std::lock_guard guard(mutex_);
  Json events = events_;
  events.push_back(
      {{"name", "process_name"}, {"ph", "M"}, {"pid", ::getpid()}, {"args", {{"name", process_}}}});
  return events;
}

void Trace::add(const Json& events) {
  std::lock_guard guard(mutex_);
  events_.insert(events_.end(), events.begin(), events.end());
}

}  // namespace bootstrap
