#include "sandbox/prober.h"

#include <fmt/format.h>

#include <algorithm>

#include "sandbox/command_prober.h"
#include "sandbox/network_prober.h"
#include "sandbox/ports_prober.h"

namespace bootstrap {

Prober::Clock::time_point Prober::wakeup() const {
  return std::min(start_ + probe_.deadline, next_step_);
}

void Prober::advance() {
  if (finished_)
    return;
  if (Clock::now() < start_ + probe_.deadline)
    return step();
  const double seconds = std::chrono::duration<double>(probe_.deadline).count();
  finish(fmt::format("{} for {:.1f} s", complaint(), seconds));
}

void Prober::give_up(const std::string& reason) {
  if (!finished_)
    finish(reason);
}

void Prober::finish(std::string problem) {
  result_.problem = std::move(problem);
  if (result_.ports.empty())
    result_.ports = listening_ports();
  result_.after = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_);
  finished_ = true;
}

std::unique_ptr<Prober> make_prober(const Probe& probe, Prober::Clock::time_point service_start,
                                    int command_requests, int command_answers) {
  if (std::holds_alternative<ExecProbe>(probe.question))
    return std::make_unique<CommandProber>(probe, service_start, command_requests, command_answers);
  if (std::holds_alternative<PortsProbe>(probe.question))
    return std::make_unique<PortsProber>(probe, service_start);
  return std::make_unique<NetworkProber>(probe, service_start);
}

}  // namespace bootstrap
