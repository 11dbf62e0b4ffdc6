#include "runner/sandbox_info.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "runner/user_network.h"
#include "sandbox/box_needs.h"
#include "sandbox/id_range.h"
#include "sandbox/landlock.h"
#include "sandbox/mount_api.h"
#include "sandbox/security_label.h"
#include "sandbox/worker_cgroup.h"

namespace bootstrap {

namespace {

constexpr const char* kOwnProc = "own /proc";
constexpr const char* kContainerRemedy =
    "in a container, start that one with --security-opt unmask=ALL (podman) or --security-opt "
    "systempaths=unconfined (docker)";

/// The first line of a file of the kernel's; empty where there is none.
std::string first_line(const char* path) {
  UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd)
    return {};
  try {
    const std::string text = read_all(fd.get(), 1 << 16);
    return text.substr(0, text.find_first_of(std::string("\n\0", 2)));
  } catch (const Error&) {
    return {};
  }
}

SandboxFact kernel() {
  utsname name{};
  ::uname(&name);
  return {"kernel", true, std::string(name.release) + " " + name.machine, ""};
}

/// The spare ids, or why there are none.
SandboxFact spare_ids(std::optional<IdRange>& ids) {
  try {
    ids = find_id_range();
    const std::uint32_t last = ids->first_uid + IdRange::kCount - (ids->lacks_one ? 2 : 1);
    return {
        "spare ids", !ids->shared(),
        fmt::format("{} to {}{}{}", ids->first_uid, last, ids->needs_helpers ? ", mapped by newuidmap" : "",
                    ids->shared() ? ", which this container's users have too" : ""),
        ids->shared() ? std::string(kContainerIdsHint) : ""};
  } catch (const Error& error) {
    return {"spare ids", false, error.message(), error.hint()};
  }
}

void look_at_namespaces(const std::filesystem::path& worker_program, const IdRange& ids, SandboxInfo& info) {
  try {
    WorkerJob job;
    job.name = "sandbox-info";
    job.input = Json::object();
    const Json result = run_worker(worker_program, ids, job, {});
    info.facts.push_back({"namespaces", true, "user, mount, PID, network, IPC, UTS, cgroup", ""});
    for (const Json& item : result.at("facts")) {
      info.facts.push_back({item.at("name").get<std::string>(), item.at("good").get<bool>(),
                            item.at("detail").get<std::string>(), item.at("remedy").get<std::string>()});
      const SandboxFact& fact = info.facts.back();
      info.possible = info.possible && (fact.good || !item.at("needed").get<bool>());
      if (!fact.good && fact.name == kOwnProc)
        info.steps.emplace_back("no-proc");
    }
  } catch (const Error& error) {
    info.possible = false;
    info.facts.push_back({"namespaces", false, error.message(), error.hint()});
  }
}

std::string limits_remedy() {
  if (::geteuid() == 0)
    return "run it in a cgroup whose controllers can be used, and that can be written to";
  const char* directory = std::getenv("XDG_RUNTIME_DIR");
  if (directory != nullptr && std::filesystem::exists(std::filesystem::path(directory) / "systemd/private"))
    return "start it in a group of its own: systemd-run --user --scope -q -p Delegate=yes bootstrap ...";
  return "run as root, or where systemd looks after your session: it can give you cgroups";
}

/// Whether boxes below the group can be given limits of this kind.
bool can_limit(int group, const char* controller, const char* legacy_file) {
  const UniqueFd fd(::openat(group, "cgroup.subtree_control", O_RDONLY | O_CLOEXEC));
  if (!fd)  // version 1: the files are there, or are not
    return ::faccessat(group, legacy_file, F_OK, 0) == 0;
  std::istringstream words(read_all(fd.get()));
  return std::find(std::istream_iterator<std::string>(words), {}, controller) !=
         std::istream_iterator<std::string>();
}

SandboxFact limits(const IdRange& ids) {
  constexpr const char* kKinds[][4] = {
      {"memory", "memory.limit_in_bytes", "memory by cgroups",
       "memory is watched by the box's init twenty times a second"},
      {"pids", "pids.max", "processes by cgroups", "processes are counted by a resource limit"},
      {"cpu", "cpu.cfs_quota_us", "CPU time by cgroups", "CPU time is not limited"}};
  const WorkerCgroup cgroup(ids);
  const std::vector<int> groups = cgroup.fds();
  bool good = true;
  std::vector<std::string> details;
  for (const auto& [controller, legacy_file, limited, instead] : kKinds) {
    const bool can =
        std::any_of(groups.begin(), groups.end(),
                    [&, c = controller, f = legacy_file](int group) { return can_limit(group, c, f); });
    good = good && can;
    details.emplace_back(can ? limited : instead);
  }
  return {"limits", good, fmt::format("{}", fmt::join(details, "; ")), good ? "" : limits_remedy()};
}

SandboxFact landlock() {
  const int version = landlock_version();
  if (version >= kUsableLandlock)
    return {"landlock", true,
            fmt::format("version {}: a second layer against mounts, devices and tracing", version), ""};
  return {"landlock", false,
          "the kernel has none that can be used, so there is no second layer below the filters",
          "a kernel since 5.19 with landlock in its list of security modules (lsm=) has it"};
}

SandboxFact user_network() {
  try {
    return {"network user", true, "through " + UserNetwork({}).program().string(), ""};
  } catch (const Error& error) {
    return {"network user", false, error.message(), error.hint()};
  }
}

SandboxFact bridge_network() {
  if (::geteuid() != 0)
    return {"network bridge", false, "for root only", ""};
  try {
    run_process({"nft", "--version"});
    return {"network bridge", true, "with packet rules by nft", ""};
  } catch (const Error&) {
    return {"network bridge", false, "nft is not installed", "apt install nftables"};
  }
}

/// In the worker, which executes nothing any more: it asks for the label.
Json security_module() {
  const std::string modules = first_line("/sys/kernel/security/lsm");
  const std::string own = first_line("/proc/self/attr/current");
  const LabelState state = label_next_program();
  std::string detail = modules.empty() ? "none that can be seen" : modules;
  if (state == LabelState::kApplied)
    detail += fmt::format("; boxes run under the AppArmor profile {}", kBoxProfile);
  else if (!own.empty())
    detail += "; boxes run with the label that bootstrap has: " + own;
  const char* remedy =
      state == LabelState::kMissing
          ? "as root: apparmor_parser -r bootstrap-box.apparmor (in share/bootstrap where it is "
            "installed, in src/sandbox of the source)"
          : "";
  return {{"name", "security modules"},
          {"good", state != LabelState::kMissing},
          {"needed", false},
          {"detail", detail},
          {"remedy", remedy}};
}

/// Whether `make` can be done. A box that cannot do without it is none.
Json tried(const char* name, bool needed, const char* remedy, const std::function<void()>& make) {
  Json fact = {{"name", name}, {"good", true}, {"needed", needed}, {"detail", "yes"}, {"remedy", ""}};
  try {
    make();
  } catch (const Error& error) {
    fact.update({{"good", false},
                 {"detail", error.message()},
                 {"remedy", error.hint().empty() ? remedy : error.hint()}});
  }
  return fact;
}

}  // namespace

SandboxInfo look_at_sandbox(const std::filesystem::path& worker_program) {
  SandboxInfo info;
  info.facts.push_back(kernel());
  std::optional<IdRange> ids;
  info.facts.push_back(spare_ids(ids));
  info.possible = ids.has_value();
  if (ids) {
    if (ids->shared())
      info.steps.emplace_back("shared-ids");
    look_at_namespaces(worker_program, *ids, info);
    info.facts.push_back(limits(*ids));
  }
  for (SandboxFact& fact : std::vector{landlock(), user_network(), bridge_network()})
    info.facts.push_back(std::move(fact));
  return info;
}

std::vector<std::string> SandboxInfo::missing() const {
  std::vector<std::string> names;
  for (const SandboxFact& fact : facts) {
    if (!fact.good)
      names.push_back(fact.name);
  }
  return names;
}

Json to_json(const SandboxInfo& info) {
  Json facts = Json::array();
  for (const SandboxFact& fact : info.facts)
    facts.push_back(
        {{"name", fact.name}, {"good", fact.good}, {"detail", fact.detail}, {"remedy", fact.remedy}});
  return {{"possible", info.possible}, {"steps", info.steps}, {"missing", info.missing()}, {"facts", facts}};
}

Json sandbox_info_job(const Json&, WorkerContext&) {
  Json facts = Json::array();
  facts.push_back(
      tried(kOwnProc, false, kContainerRemedy, [] { make_mount("proc", {}, MOUNT_ATTR_NOEXEC); }));
  facts.push_back(
      tried("own /sys", false, kContainerRemedy, [] { make_mount("sysfs", {}, MOUNT_ATTR_RDONLY); }));
  facts.push_back(tried("own host name", false, "in a container, start that one with --hostname localhost",
                        [] { check(::sethostname("localhost", 9), "cannot set the host name"); }));
  facts.push_back(security_module());
  for (const BoxNeed& need : box_needs())
    facts.push_back(tried(need.name.c_str(), true, need.remedy.c_str(), need.attempt));
  return {{"facts", facts}};
}

}  // namespace bootstrap
