#include "resolve/bounded_solve.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/error.h"
#include "base/fd.h"

namespace bootstrap {
namespace {

using Answer = std::variant<PackageSet, std::vector<SolverFact>>;

// The child is a copy of this process, so what it points to is here at the same address: an answer is one
// letter and its pointers as they are.
constexpr char kSet = 's';
constexpr char kFacts = 'f';

template <typename Item>
std::string bytes_of(char kind, const std::vector<Item>& items) {
  static_assert(std::is_trivially_copyable_v<Item>);
  std::string bytes(1 + items.size() * sizeof(Item), kind);
  if (!items.empty())
    std::memcpy(bytes.data() + 1, items.data(), items.size() * sizeof(Item));
  return bytes;
}

template <typename Item>
std::vector<Item> items_of(std::string_view bytes) {
  std::vector<Item> items((bytes.size() - 1) / sizeof(Item));
  if (!items.empty())
    std::memcpy(items.data(), bytes.data() + 1, items.size() * sizeof(Item));
  return items;
}

std::string to_bytes(const Answer& answer) {
  if (const auto* facts = std::get_if<std::vector<SolverFact>>(&answer))
    return bytes_of(kFacts, *facts);
  const auto& set = std::get<PackageSet>(answer);
  return bytes_of(kSet, std::vector<const PackageRecord*>(set.begin(), set.end()));
}

Answer to_answer(std::string_view bytes) {
  if (bytes[0] == kFacts)
    return items_of<SolverFact>(bytes);
  const auto records = items_of<const PackageRecord*>(bytes);
  return PackageSet(records.begin(), records.end());
}

[[noreturn]] void solve_in_child(SolvPool& pool, std::span<const PackageRecord* const> required,
                                 std::span<const PackageRecord* const> wished, rlim_t seconds, int answer) {
  try {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit time{seconds, seconds + 1};
    const rlimit no_core{0, 0};
    check(::setrlimit(RLIMIT_CORE, &no_core), "setrlimit");
    check(::setrlimit(RLIMIT_CPU, &time), "setrlimit");
    write_all(answer, to_bytes(pool.solve(required, wished)));
    ::_exit(0);
  } catch (...) {
    ::_exit(1);
  }
}

}  // namespace

Answer bounded_solve(SolvPool& pool, std::span<const PackageRecord* const> required,
                     std::span<const PackageRecord* const> wished, std::chrono::seconds limit) {
  Pipe pipe = make_pipe();
  const pid_t child = check(::fork(), "fork");
  if (child == 0)
    solve_in_child(pool, required, wished, static_cast<rlim_t>(limit.count()), pipe.write.get());
  pipe.write.reset();
  const std::string bytes = read_all(pipe.read.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
    continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !bytes.empty())
    return to_answer(bytes);
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
    throw Error(ErrorKind::kUnsolvable,
                fmt::format("it cannot be told within {} s whether the packages fit together", limit.count()),
                "their relations leave too many combinations to be tried: say which packages are wanted "
                "under include:, and which are not under exclude:");
  throw Error(ErrorKind::kFailure, "the resolver ended in the middle of its work", "is there memory enough?");
}

}  // namespace bootstrap
