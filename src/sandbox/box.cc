#include "sandbox/box.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <vector>

#include "base/error.h"
#include "sandbox/box_mounts.h"
#include "sandbox/box_supervisor.h"
#include "sandbox/id_range.h"
#include "sandbox/loopback.h"
#include "sandbox/mount_api.h"
#include "sandbox/namespace_errors.h"
#include "sandbox/privileges.h"
#include "sandbox/program.h"
#include "sandbox/seccomp_filter.h"

namespace bootstrap {

namespace {

std::vector<int> descriptors_of(const BoxPlan& plan) {
  std::vector<int> fds = {plan.mounts.tree.get(), plan.mounts.changes.get(), plan.mounts.devpts.get(),
                          plan.input.get(),       plan.output.get(),         plan.error.get(),
                          plan.report.get(),      plan.call_watch.get()};
  for (const Volume& volume : plan.spec.volumes)
    fds.push_back(volume.mount);
  if (plan.commands) {
    fds.insert(fds.end(), {plan.commands->requests.read.get(), plan.commands->requests.write.get(),
                           plan.commands->answers.read.get(), plan.commands->answers.write.get()});
  }
  std::erase(fds, -1);
  return fds;
}

/// Whatever else the worker had open is none of the box's business.
void close_all_but(std::vector<int> kept) {
  kept.push_back(STDERR_FILENO);
  std::sort(kept.begin(), kept.end());
  unsigned next = STDERR_FILENO;
  for (int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (number > next)
      check(::syscall(SYS_close_range, next, number - 1, 0), "close_range");
    next = number + 1;
  }
  check(::syscall(SYS_close_range, next, ~0U, 0), "close_range");
}

/// Container engines keep this from those who were not root of the host before, even in a namespace of their
/// own.
void set_hostname(const std::string& name, BoxView& view) {
  char now[HOST_NAME_MAX + 1] = {};
  check(::gethostname(now, sizeof now - 1), "gethostname");
  if (name == now || ::sethostname(name.data(), name.size()) == 0)
    return;
  if (errno != EPERM)
    throw_errno("cannot set the host name to " + name);
  view.degraded.push_back("the host name is " + std::string(now) + " instead of " + name +
                          ": start the container with --hostname " + name);
  view.weakened = true;
}

void make_box(BoxPlan& plan) {
  // The worker dies with the process that started it; we with the worker. Not dumpable: the program shares
  // our user id, and must not look into us by way of /proc/1.
  check(::prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
  check(::prctl(PR_SET_DUMPABLE, 0), "prctl");
  ::prctl(PR_SET_NAME, "init");
  plan.cgroup.enter();  // before the cgroup namespace is made, for it begins where we are
  std::signal(SIGPIPE, SIG_IGN);
  close_all_but(descriptors_of(plan));
  const int network = plan.spec.own_network ? CLONE_NEWNET : 0;
  if (::unshare(CLONE_NEWNS | network | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) < 0)
    throw namespace_error("cannot create the namespaces of the sandbox", errno);
  plan.view = enter_tree(std::move(plan.mounts), plan.spec);
  bring_up_loopback();
  set_hostname(plan.spec.hostname, plan.view);
  // The session keyring is inherited like an open file. Kernels without keyrings have nothing to hide.
  ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
}

/// What PID 1 itself needs from here on: to signal and to reap, to connect to the service, and to see what
/// memory there is where it has to watch that.
void confine_init(const BoxPlan& plan) {
  if (plan.view.outer_proc)
    add_mount_attributes(plan.view.outer_proc.get(), MOUNT_ATTR_RDONLY, MountDepth::kAll);
  CapabilitySet kept = CapabilitySet{1} << CAP_KILL;
  if (!plan.cgroup.limits_memory())
    kept |= CapabilitySet{1} << CAP_SYS_PTRACE | CapabilitySet{1} << CAP_DAC_READ_SEARCH;
  drop_privileges({IdRange::kInitId, IdRange::kInitId, {}}, kept);
  check(::prctl(PR_SET_DUMPABLE, 0), "prctl");  // a change of identity resets it
  install_seccomp_filters();
}

BoxOutcome run(BoxPlan& plan) {
  make_box(plan);
  UniqueFd signals = watch_signals();
  const auto start = std::chrono::steady_clock::now();
  StartedProgram program = start_program(plan, [&plan] { confine_init(plan); });
  plan.input.reset();
  plan.output.reset();
  plan.error.reset();
  plan.call_watch.reset();
  if (plan.commands) {
    plan.commands->requests.read.reset();
    plan.commands->answers.write.reset();
  }
  if (program.pid < 0) {
    BoxOutcome outcome;
    outcome.exit_code = program.exit_code;
    outcome.problem = program.problem;
    return outcome;
  }
  Supervisor supervisor(plan.spec, plan.stop_signal, program.pid, std::move(signals), start);
  if (plan.spec.probe) {
    supervisor.probe(make_prober(*plan.spec.probe, start,
                                 plan.commands ? plan.commands->requests.write.get() : -1,
                                 plan.commands ? plan.commands->answers.read.get() : -1));
  }
  if (!plan.cgroup.limits_memory())
    supervisor.limit_memory(std::move(plan.view.in_memory));
  BoxOutcome outcome = supervisor.run();
  outcome.degraded = std::move(plan.view.degraded);
  outcome.weakened = plan.view.weakened;
  return outcome;
}

Json describe(const ProbeResult& probe) {
  return {{"connected", probe.connected},
          {"status", probe.status},
          {"header", probe.header},
          {"body", probe.body},
          {"exit_code", probe.exit_code},
          {"out", probe.out},
          {"err", probe.err},
          {"ports", probe.ports},
          {"problem", probe.problem},
          {"after", probe.after.count()}};
}

ProbeResult parse_probe(const Json& json) {
  ProbeResult probe;
  json.at("connected").get_to(probe.connected);
  json.at("status").get_to(probe.status);
  json.at("header").get_to(probe.header);
  json.at("body").get_to(probe.body);
  json.at("exit_code").get_to(probe.exit_code);
  json.at("out").get_to(probe.out);
  json.at("err").get_to(probe.err);
  json.at("ports").get_to(probe.ports);
  json.at("problem").get_to(probe.problem);
  probe.after = std::chrono::microseconds(json.at("after").get<std::int64_t>());
  return probe;
}

Json describe(const BoxOutcome& outcome) {
  Json json = {{"end", static_cast<int>(outcome.end)}, {"exit_code", outcome.exit_code},
               {"problem", outcome.problem},           {"wall", outcome.wall.count()},
               {"degraded", outcome.degraded},         {"weakened", outcome.weakened},
               {"memory_peak", outcome.memory_peak},   {"pids_peak", outcome.pids_peak}};
  if (outcome.probe)
    json["probe"] = describe(*outcome.probe);
  return json;
}

Json describe(const Error& error) {
  return {{"kind", static_cast<int>(error.kind())}, {"message", error.message()}, {"hint", error.hint()}};
}

}  // namespace

void run_box(BoxPlan plan) {
  Json report;
  try {
    report["outcome"] = describe(run(plan));
  } catch (const Error& error) {
    report["error"] = describe(error);
  } catch (const std::exception& error) {
    report["error"] = describe(Error(ErrorKind::kFailure, error.what()));
  }
  try {
    // CBOR, for the body that a service sent may be any bytes.
    const std::vector<std::uint8_t> bytes = Json::to_cbor(report);
    write_all(plan.report.get(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (...) {
    ::_exit(1);
  }
  ::_exit(0);
}

BoxOutcome parse_report(const std::string& report) {
  const Json json = parse_cbor(report, "the report of a box");
  if (json.contains("error")) {
    const Json& error = json.at("error");
    throw Error(static_cast<ErrorKind>(error.at("kind").get<int>()), error.at("message").get<std::string>(),
                error.at("hint").get<std::string>());
  }
  const Json& described = json.at("outcome");
  BoxOutcome outcome;
  outcome.end = static_cast<SandboxResult::End>(described.at("end").get<int>());
  outcome.exit_code = described.at("exit_code").get<int>();
  outcome.problem = described.at("problem").get<std::string>();
  outcome.wall = std::chrono::microseconds(described.at("wall").get<std::int64_t>());
  outcome.degraded = described.at("degraded").get<std::vector<std::string>>();
  described.at("weakened").get_to(outcome.weakened);
  described.at("memory_peak").get_to(outcome.memory_peak);
  described.at("pids_peak").get_to(outcome.pids_peak);
  if (described.contains("probe"))
    outcome.probe = parse_probe(described.at("probe"));
  return outcome;
}

}  // namespace bootstrap
