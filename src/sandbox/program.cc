#include "sandbox/program.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "sandbox/call_watch.h"
#include "sandbox/command_server.h"
#include "sandbox/execute.h"
#include "sandbox/id_range.h"
#include "sandbox/landlock.h"
#include "sandbox/loopback.h"
#include "sandbox/privileges.h"
#include "sandbox/seccomp_filter.h"
#include "sandbox/security_label.h"

namespace bootstrap {

namespace {

constexpr int kNotExecutable = 126;

void write_file_once(const std::string& path, std::string_view content) {
  UniqueFd fd = open_file(path, O_WRONLY);
  write_all(fd.get(), content);
}

/// The program's own user namespace is the identity on the ids of ours, less that of PID 1. `process` is its
/// name in /proc, which may be that of another PID namespace.
void map_identity(const std::string& process) {
  const std::string directory = "/proc/" + process + "/";
  for (const char* map : {"uid_map", "gid_map"}) {
    const std::string ours = read_file(std::string("/proc/self/") + map);
    write_file_once(directory + map, identity_map(ours, IdRange::kInitId));
  }
}

void set_up_stdio(const BoxPlan& plan) {
  check(::dup2(plan.input.get(), STDIN_FILENO), "dup2");
  check(::dup2(plan.output.get(), STDOUT_FILENO), "dup2");
  check(::dup2(plan.error.get(), STDERR_FILENO), "dup2");
  check(::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC), "close_range");
}

/// Where it is not open to everybody to listen on low ports, it takes the capability of the user namespace
/// that the network belongs to. So the program gets a network of its own user namespace's, and that one
/// capability.
bool owns_network(const BoxPlan& plan) {
  return !plan.view.low_ports && plan.spec.own_network && plan.spec.profile == SandboxProfile::kService;
}

CapabilitySet capabilities_of(const BoxPlan& plan) {
  const CapabilitySet for_low_ports = owns_network(plan) ? CapabilitySet{1} << CAP_NET_BIND_SERVICE : 0;
  return capabilities_of(plan.spec, plan.identity.uid) | for_low_ports;
}

/// From where PID 1 asks the service.
void enter_network_of(const std::string& process) {
  const UniqueFd network = open_file("/proc/" + process + "/ns/net", O_RDONLY);
  check(::setns(network.get(), CLONE_NEWNET), "cannot enter the network of the program");
}

/// The child, until it is the program. What it returns is why it is not.
ExecFailure become_program(const BoxPlan& plan, int ready, int go) {
  const SandboxSpec& spec = plan.spec;
  // A session of its own: no controlling terminal but the box's, and a process group to send signals to.
  check(::setsid(), "setsid");
  lower_resource_limits(spec.limits);
  write_file_once("/proc/self/oom_score_adj", "1000");

  check(::unshare(CLONE_NEWUSER | (owns_network(plan) ? CLONE_NEWNET : 0)),
        "cannot create the user namespace of the program");
  if (owns_network(plan))
    bring_up_loopback();
  write_all(ready, std::filesystem::read_symlink("/proc/self").string());
  char byte = 0;
  if (::read(go, &byte, 1) != 1)
    throw Error(ErrorKind::kFailure, "init gave up");

  set_up_stdio(plan);
  if (spec.stdio == Stdio::kTerminal)
    check(::ioctl(STDIN_FILENO, TIOCSCTTY, 0), "cannot get hold of the terminal");
  drop_privileges(plan.identity, capabilities_of(plan));
  ::umask(022);
  if (::chdir(spec.working_directory.c_str()) < 0) {
    return {kNotExecutable,
            "cannot enter the working directory " + spec.working_directory + ": " + std::strerror(errno)};
  }
  std::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  check(::sigprocmask(SIG_SETMASK, &none, nullptr), "sigprocmask");
  const std::vector<std::string> places = find_program(spec.argv[0], spec.env);
  enter_landlock_domain();
  label_next_program();  // where the machine has such labels
  install_seccomp_filters();
  if (spec.known_calls)
    install_call_watch(*spec.known_calls, plan.call_watch.get());
  if (plan.commands)
    start_command_server(std::get<ExecProbe>(spec.probe->question), *plan.commands);
  return execute(places, spec.argv, spec.env);
}

[[noreturn]] void run_child(const BoxPlan& plan, int ready, int go, int status) {
  ExecFailure failure{kNotExecutable, {}};
  try {
    // Past set_up_stdio() the pipe is CLOEXEC as before: a successful exec closes it silently.
    failure = become_program(plan, ready, go);
  } catch (const Error& error) {
    failure.problem = error.message();
  } catch (const std::exception& error) {
    failure.problem = error.what();
  }
  try {
    write_all(status, std::string(1, static_cast<char>(failure.exit_code)) + failure.problem);
  } catch (...) {
  }
  ::_exit(failure.exit_code);
}

}  // namespace

StartedProgram start_program(const BoxPlan& plan, const std::function<void()>& confine_parent) {
  Pipe ready = make_pipe();
  Pipe go = make_pipe();
  Pipe status = make_pipe();
  const pid_t pid = check(::fork(), "fork");
  if (pid == 0)
    run_child(plan, ready.write.get(), go.read.get(), status.write.get());
  ready.write.reset();
  status.write.reset();

  char process[32];
  if (const ssize_t size = ::read(ready.read.get(), process, sizeof process); size > 0) {
    const std::string name(process, static_cast<std::size_t>(size));
    map_identity(name);
    if (owns_network(plan))
      enter_network_of(name);
    confine_parent();
    write_all(go.write.get(), "+");
  }
  const std::string failure = read_all(status.read.get());
  if (failure.empty())
    return {pid, 0, {}};
  ::waitpid(pid, nullptr, 0);
  return {-1, failure[0], failure.substr(1)};
}

}  // namespace bootstrap
