#include "smoke/profile.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/error.h"
#include "sandbox/call_names.h"
#include "sandbox/capability_names.h"
#include "smoke/job.h"
#include "smoke/test_run.h"

namespace bootstrap {
namespace {

constexpr const char* kProfileHint = "`bootstrap profile NAME --output FILE` makes one";

using std::chrono::milliseconds;

/// What container runtimes (tried: runc, crun) call themselves between installing the profile and starting
/// the program.
constexpr const char* kRuntimeCalls[] = {"brk",          "capget",         "capset",
                                         "chdir",        "close",          "close_range",
                                         "dup3",         "epoll_ctl",      "epoll_pwait",
                                         "execve",       "exit",           "exit_group",
                                         "faccessat2",   "fchown",         "fcntl",
                                         "fstat",        "fstatfs",        "futex",
                                         "getcwd",       "getdents64",     "getpid",
                                         "getppid",      "gettid",         "getuid",
                                         "lstat",        "madvise",        "mmap",
                                         "mprotect",     "munmap",         "nanosleep",
                                         "newfstatat",   "open",           "openat",
                                         "openat2",      "prctl",          "pselect6",
                                         "read",         "readlinkat",     "restart_syscall",
                                         "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
                                         "sched_yield",  "select",         "setgid",
                                         "setgroups",    "setresgid",      "setresuid",
                                         "setsid",       "setuid",         "sigaltstack",
                                         "stat",         "statx",          "tgkill",
                                         "umask",        "uname",          "write"};

/// Calls of which each gives no right that the others do not. Which of them a service makes may be a matter
/// of time: nginx reads a message of its master only when the worker lives long enough.
const std::vector<std::vector<std::string>> kFamilies = {
    {"accept", "accept4"},
    {"clock_nanosleep", "nanosleep"},
    {"epoll_pwait", "epoll_wait"},
    {"poll", "ppoll"},
    {"pread64", "preadv", "read", "readv"},
    {"pselect6", "select"},
    {"pwrite64", "pwritev", "write", "writev"},
    {"recvfrom", "recvmsg"},
    {"sendmsg", "sendto"},
    {"wait4", "waitid"},
};

#if defined(__aarch64__)
constexpr const char* kArchitecture = "SCMP_ARCH_AARCH64";
#else
constexpr const char* kArchitecture = "SCMP_ARCH_X86_64";
#endif

/// runc is a Go program, which may start a thread at any time.
Json thread_rule() {
  return {
      {"names", {"clone"}},
      {"action", "SCMP_ACT_ALLOW"},
      {"args",
       {{{"index", 0}, {"value", CLONE_THREAD}, {"valueTwo", CLONE_THREAD}, {"op", "SCMP_CMP_MASKED_EQ"}}}},
      {"comment", "threads of container runtimes"}};
}

std::vector<std::string> sorted(const std::set<std::string>& set) {
  return {set.begin(), set.end()};
}

std::uint64_t capability_set(const std::vector<std::string>& names) {
  std::uint64_t set = 0;
  for (const std::string& name : names) {
    const auto capability = parse_capability(name);
    if (!capability)
      throw Error(ErrorKind::kUsage, "there is no capability " + name, "names are as in capabilities(7)");
    set |= *capability;
  }
  return set;
}

/// "80/tcp"
bool is_privileged(const std::string& port) {
  return std::stoul(port) < 1024;
}

/// Of "/run/", a directory in which something was, itself.
std::string parent_directory(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::vector<std::string> missing(const std::vector<std::string>& needed,
                                 const std::vector<std::string>& allowed) {
  std::vector<std::string> result;
  for (const std::string& item : needed) {
    if (std::find(allowed.begin(), allowed.end(), item) == allowed.end())
      result.push_back(item);
  }
  return result;
}

std::vector<std::string> with_families(const std::vector<std::string>& calls) {
  std::set<std::string> all(calls.begin(), calls.end());
  for (const std::vector<std::string>& family : kFamilies)
    if (missing(family, calls).size() < family.size())
      all.insert(family.begin(), family.end());
  return sorted(all);
}

/// The tests with so much time that what succeeded before succeeds again, and what hangs does not do so long.
std::vector<SmokeTest> with_short_timeouts(std::vector<SmokeTest> tests, const TestReport& report,
                                           const Limits& limits) {
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const auto needed = std::chrono::duration_cast<milliseconds>(report.outcomes.at(i).wall);
    tests[i].timeout =
        std::min(tests[i].timeout.value_or(limits.timeout), std::max(10 * needed, milliseconds(3000)));
  }
  return tests;
}

void unite(std::vector<std::string>& items, const std::vector<std::string>& more) {
  std::set<std::string> all(items.begin(), items.end());
  all.insert(more.begin(), more.end());
  items = sorted(all);
}

/// Several times, for what depends on time, such as a call that a signal interrupts, is not seen always.
TestReport observe(const ImageJob& job) {
  constexpr int kTimes = 3;
  TestReport report = job.run(job.conditions());
  for (int i = 1; i < kTimes && report.passed(); ++i) {
    TestReport again = job.run(job.conditions());
    for (std::size_t k = 0; k < report.outcomes.size(); ++k) {
      unite(again.outcomes[k].usage.calls, report.outcomes[k].usage.calls);
      unite(again.outcomes[k].usage.written, report.outcomes[k].usage.written);
    }
    report = std::move(again);
  }
  return report;
}

Json smoke_input(const ImageLayout& layout, const Digest& manifest, const std::vector<SmokeTest>& tests,
                 const Limits& limits) {
  return job_input(layout.manifest(manifest), tests, {limits, {}, std::vector<int>{}});
}

}  // namespace

Profile profile_of(const TestReport& report) {
  std::set<std::string> calls;
  std::set<std::string> capabilities;
  std::set<std::string> writes;
  std::set<std::string> ports;
  for (const TestOutcome& outcome : report.outcomes) {
    calls.insert(outcome.usage.calls.begin(), outcome.usage.calls.end());
    capabilities.insert(outcome.usage.capabilities.begin(), outcome.usage.capabilities.end());
    ports.insert(outcome.usage.ports.begin(), outcome.usage.ports.end());
    for (const std::string& path : outcome.usage.written)
      writes.insert(parent_directory(path));
  }
  return {sorted(calls), sorted(capabilities), sorted(writes), sorted(ports)};
}

Json profile_document(const Profile& profile) {
  const std::vector<std::string> runtime(std::begin(kRuntimeCalls), std::end(kRuntimeCalls));
  const std::vector<std::string> families = with_families(profile.calls);
  Json syscalls = {
      {{"names", profile.calls}, {"action", "SCMP_ACT_ALLOW"}, {"comment", "seen in the smoke tests"}},
      {{"names", missing(families, profile.calls)},
       {"action", "SCMP_ACT_ALLOW"},
       {"comment", "give no right that those above do not"}},
      {{"names", missing(runtime, families)},
       {"action", "SCMP_ACT_ALLOW"},
       {"comment", "needed by container runtimes to start the program"}}};
  if (!missing({"clone"}, profile.calls).empty())
    syscalls.push_back(thread_rule());
  // ENOSYS, as on an older kernel: libraries then do with what there is. EPERM would end them.
  return {{"defaultAction", "SCMP_ACT_ERRNO"},
          {"defaultErrnoRet", ENOSYS},
          {"architectures", Json::array({kArchitecture})},
          {"syscalls", syscalls},
          {"x-bootstrap",
           {{"format", 1},
            {"capabilities", profile.capabilities},
            {"writes", profile.writes},
            {"ports", profile.ports}}}};
}

std::vector<std::string> container_flags(const Profile& profile, const std::filesystem::path& file) {
  std::vector<std::string> flags = {"--security-opt", "seccomp=" + file.string(), "--cap-drop=all"};
  for (const std::string& capability : profile.capabilities)
    flags.push_back("--cap-add=" + capability.substr(std::string_view("CAP_").size()));
  // As in our own sandbox, so that no capability is needed for it.
  if (std::any_of(profile.ports.begin(), profile.ports.end(), is_privileged))
    flags.push_back("--sysctl=net.ipv4.ip_unprivileged_port_start=0");
  return flags;
}

Profile parse_profile(std::string_view text, std::string_view what) try {
  const Json json = parse_json(text, what);
  Profile profile;
  for (const Json& group : json.at("syscalls")) {
    if (group.at("action") != "SCMP_ACT_ALLOW" || group.contains("args"))
      continue;
    for (const Json& name : group.at("names"))
      profile.calls.push_back(name.get<std::string>());
  }
  const Json& ours = json.at("x-bootstrap");
  ours.at("capabilities").get_to(profile.capabilities);
  ours.at("writes").get_to(profile.writes);
  ours.at("ports").get_to(profile.ports);
  capability_set(profile.capabilities);
  return profile;
} catch (const Json::exception& error) {
  throw Error(ErrorKind::kUsage, fmt::format("{} is not a learned profile: {}", what, error.what()),
              kProfileHint);
} catch (const Error& error) {
  throw Error(ErrorKind::kUsage, error.message(), kProfileHint);
}

std::string excess(const Profile& needed, const Profile& allowed) {
  const std::pair<const char*, std::vector<std::string>> differences[] = {
      {"system calls ", missing(needed.calls, allowed.calls)},
      {"capabilities ", missing(needed.capabilities, allowed.capabilities)},
      {"writing in ", missing(needed.writes, allowed.writes)},
      {"ports ", missing(needed.ports, allowed.ports)}};
  std::string text;
  for (const auto& [kind, items] : differences) {
    if (!items.empty())
      text += (text.empty() ? "" : "; ") + fmt::format("{}{}", kind, fmt::join(items, ", "));
  }
  return text;
}

Learned learn_profile(const ImageLayout& layout, const Digest& manifest, const std::vector<SmokeTest>& tests,
                      const Limits& limits, const std::filesystem::path& worker_program,
                      const WorkerProgress& progress) {
  const Json result = run_image_job("profile", layout, smoke_input(layout, manifest, tests, limits),
                                    worker_program, progress);
  Learned learned{test_report_from_json(result.at("report")), {}};
  if (learned.report.passed()) {
    learned.profile = profile_of(learned.report);
    result.at("capabilities").get_to(learned.profile->capabilities);
  }
  return learned;
}

TestReport run_tests_within(const Profile& allowed, const ImageLayout& layout, const Digest& manifest,
                            const std::vector<SmokeTest>& tests, const Limits& limits,
                            const std::filesystem::path& worker_program, const WorkerProgress& progress) {
  TestConditions conditions{limits, capability_set(allowed.capabilities), std::vector<int>{}};
  for (const std::string& name : allowed.calls) {
    if (const auto number = call_number(name))
      conditions.known_calls->push_back(*number);
  }
  TestReport report = run_smoke_tests(layout, manifest, tests, conditions, worker_program, progress);
  Profile needed = profile_of(report);
  if (!report.passed()) {
    // For want of a capability, it may be; that is only known when they pass with all of them.
    const Learned learned = learn_profile(layout, manifest, tests, limits, worker_program, progress);
    if (learned.profile)
      needed = *learned.profile;
  }
  TestOutcome outcome;
  outcome.name = "keeps to its profile";
  outcome.actual = excess(needed, allowed);
  outcome.passed = outcome.actual.empty();
  if (!outcome.passed)
    outcome.expectation = "needs no more than the recipe's profile allows";
  report.outcomes.push_back(std::move(outcome));
  return report;
}

Json profile_job(const Json& input, WorkerContext& context) {
  const ImageJob job(input, context);
  TestReport report = observe(job);
  Json result = {{"report", to_json(report)}, {"capabilities", Json::array()}};
  if (!report.passed())
    return result;
  std::uint64_t needed = capability_set(profile_of(report).capabilities);
  const std::vector<SmokeTest> tests = with_short_timeouts(job.tests(), report, job.conditions().limits);
  for (unsigned number = 0; number < 64; ++number) {
    const std::uint64_t bit = std::uint64_t{1} << number;
    if ((needed & bit) == 0)
      continue;
    context.progress("without " + capability_names(bit).front());
    if (job.run({job.conditions().limits, needed & ~bit, {}}, tests).passed())
      needed &= ~bit;
  }
  result["capabilities"] = capability_names(needed);
  return result;
}

}  // namespace bootstrap
