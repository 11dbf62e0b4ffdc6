#include "base/trace.h"

#include <time.h>
#include <unistd.h>

#include "base/error.h"

namespace bootstrap {

namespace {

std::int64_t microseconds(clockid_t clock) {
  timespec now{};
  check(::clock_gettime(clock, &now), "clock_gettime");
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

Trace::Times Trace::Times::now() {
  return {microseconds(CLOCK_MONOTONIC), microseconds(CLOCK_THREAD_CPUTIME_ID)};
}

Trace::Span::Span(Trace& trace, std::string name)
    : trace_(trace), name_(std::move(name)), start_(Times::now()) {}

Trace::Span::~Span() {
  trace_.record(name_, start_, Times::now());
}

void Trace::record(const std::string& name, const Times& start, const Times& end) {
  Json event = {{"name", name},           {"ph", "X"},
                {"ts", start.wall},       {"dur", end.wall - start.wall},
                {"tts", start.processor}, {"tdur", end.processor - start.processor},
                {"pid", ::getpid()},      {"tid", ::gettid()}};
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
