// The standard input, output and error of a box's program, and what reads and feeds them outside of it.
//
// A terminal of the user is never handed to the program: whoever has it open can read what is typed there
// after the program has ended. Nor is anything else that is more than bytes (given_descriptor.h). What the
// program gets is a pipe, or a terminal of the box's own.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "sandbox/box.h"
#include "sandbox/captured_output.h"

namespace bootstrap {

/// Our ends.
struct BoxStreams {
  struct Output {
    UniqueFd from;        ///< empty: the program writes to ours by itself
    int to = -1;          ///< -1: kept
    std::string pending;  ///< what was read and is not yet written
  };
  Output out;
  Output err;
  UniqueFd input;     ///< what our standard input is copied to; empty: nothing is
  UniqueFd terminal;  ///< of the box; empty: it has none
};

/// Gives the plan the program's ends as plan.spec asks for them.
BoxStreams connect_stdio(BoxPlan& plan);

/// Copies and keeps what a program writes, feeds it, takes init's report, and passes signals on.
class BoxListener {
 public:
  /// `kept`: bytes of captured output.
  BoxListener(BoxStreams streams, UniqueFd report, std::uint64_t kept);

  /// Until the box is gone. `signal` sends one to it; SIGKILL when there is too much output.
  void listen(const std::function<void(int)>& signal);

  bool flooded() const { return flooded_; }
  /// Why the program's output could not be written where ours goes; zero: it could, or nobody wanted it.
  int write_error() const { return write_error_; }
  std::string out() const { return captured_[0].text(); }
  std::string err() const { return captured_[1].text(); }
  const std::string& report() const { return report_text_; }

 private:
  void take_output(std::size_t index);
  void pass_on(BoxStreams::Output& output);
  void take_report();
  void take_signals(const std::function<void(int)>& signal);
  void take_input();
  void feed();

  BoxStreams streams_;
  std::array<BoxStreams::Output*, 2> outputs_;
  std::array<CapturedOutput, 2> captured_;
  UniqueFd report_;
  std::string report_text_;
  UniqueFd signals_;     ///< empty when nothing but our own captured run is going on
  std::string pending_;  ///< input that the program has not taken yet
  std::uint64_t kept_;
  bool flooded_ = false;
  int write_error_ = 0;
};

}  // namespace bootstrap
