// A library that shows other surroundings to the programs it is preloaded into: a later clock, and
// directories in reverse order. Scripts that run a second time see them (rootfs/repeat.h), so what depends on
// either shows.
//
// It is loaded by the C library of the tree, whichever that is. So it is nothing but the oldest C library's
// functions, without any of C++'s: programs that are linked statically, or ask the kernel themselves, see the
// real clock.
#include <dirent.h>
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "readdir and readdir64 are the same here");

// Of the years when these came, for what is older has neither of them nor a need of them.
extern "C" {
int clockwait(pthread_cond_t*, pthread_mutex_t*, clockid_t, const struct timespec*) __attribute__((weak));
int clocklock(pthread_mutex_t*, clockid_t, const struct timespec*) __attribute__((weak));
int semwait(sem_t*, clockid_t, const struct timespec*) __attribute__((weak));
// Deprecated, and so of no use to anybody else: the way to the C library's own readdir().
int readdir64_r(DIR*, struct dirent64*, struct dirent64**);
}
__asm__(".symver clockwait, pthread_cond_clockwait@GLIBC_2.30");
__asm__(".symver clocklock, pthread_mutex_clocklock@GLIBC_2.30");
__asm__(".symver semwait, sem_clockwait@GLIBC_2.30");

namespace {

// Another year, month, day, hour, minute and second. Later, as any second run would be: files do not lie in
// the future then, and dates that are taken back to the newest package's are taken back.
constexpr time_t kShift = 400 * 86400 + 5 * 3600 + 43 * 60 + 21;

bool is_wall_clock(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

int read_clock(clockid_t clock, struct timespec* now) {
  const long result = syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && is_wall_clock(clock))
    now->tv_sec += kShift;
  return static_cast<int>(result);
}

/// A deadline of the shifted clock as the kernel knows it. One of the monotonic clock, which no machine has
/// kept running for thirty years, stays as it is.
struct timespec real_deadline(const struct timespec* shown, clockid_t* clock) {
  constexpr time_t kNoUptime = 1000000000;
  struct timespec real = *shown;
  *clock = real.tv_sec > kNoUptime ? CLOCK_REALTIME : CLOCK_MONOTONIC;
  if (*clock == CLOCK_REALTIME)
    real.tv_sec -= kShift;
  return real;
}

/// Which package a file is of is told by when it was changed, and the clock of the file system ticks. So what
/// a script does begins with the next tick after the kernel has opened it.
/// As in wait_for_clock_tick(): a tick may tell an earlier time than a file system does.
__attribute__((constructor)) void begin_with_next_tick(int argc, char** argv, char**) {
  constexpr char kScripts[] = "/var/lib/dpkg/info/";
  if (getenv("DPKG_MAINTSCRIPT_PACKAGE") == nullptr)
    return;
  bool is_script = false;
  for (int i = 0; i < argc && i < 4; ++i)
    is_script = is_script || strncmp(argv[i], kScripts, sizeof kScripts - 1) == 0;
  if (!is_script)
    return;
  struct timespec start{};
  struct timespec now{};
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &start);
  for (int i = 0; i < 200; ++i) {
    constexpr struct timespec kPause = {0, 200000};
    syscall(SYS_clock_gettime, CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec > start.tv_sec || (now.tv_sec == start.tv_sec && now.tv_nsec > start.tv_nsec))
      return;
    nanosleep(&kPause, nullptr);
  }
}

/// A directory that somebody reads: all of it at once, to be handed out from its end.
struct Reading {
  DIR* directory = nullptr;
  struct dirent** entries = nullptr;
  long count = 0;
  long given = 0;
  Reading* next = nullptr;
};
Reading* readings = nullptr;
char locked = 0;

class Guard {
 public:
  Guard() {
    while (__atomic_test_and_set(&locked, __ATOMIC_ACQUIRE))
      syscall(SYS_sched_yield);
  }
  ~Guard() { __atomic_clear(&locked, __ATOMIC_RELEASE); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
};

void drop(DIR* directory) {
  for (Reading** place = &readings; *place != nullptr; place = &(*place)->next) {
    Reading* reading = *place;
    if (reading->directory != directory)
      continue;
    *place = reading->next;
    for (long i = 0; i < reading->count; ++i)
      free(reading->entries[i]);
    free(reading->entries);
    free(reading);
    return;
  }
}

bool append(Reading* reading, const struct dirent64& entry) {
  void* entries = realloc(reading->entries, sizeof(void*) * static_cast<size_t>(reading->count + 1));
  if (entries == nullptr)
    return false;
  reading->entries = static_cast<struct dirent**>(entries);
  auto* copy = static_cast<struct dirent*>(malloc(sizeof(struct dirent)));
  if (copy == nullptr)
    return false;
  memcpy(copy, &entry, sizeof entry);
  reading->entries[reading->count++] = copy;
  return true;
}

Reading* read_whole(DIR* directory) {
  auto* reading = static_cast<Reading*>(calloc(1, sizeof(Reading)));
  if (reading == nullptr)
    return nullptr;
  reading->directory = directory;
  reading->next = readings;
  readings = reading;
  for (;;) {
    struct dirent64 entry{};
    struct dirent64* result = nullptr;
    const int error = readdir64_r(directory, &entry, &result);
    if (error == 0 && result == nullptr)
      return reading;
    if (error != 0 || !append(reading, entry)) {
      drop(directory);
      errno = error != 0 ? error : ENOMEM;
      return nullptr;
    }
  }
}

/// Nobody tells when a directory is closed or rewound, but then it is at its beginning, and not at the end
/// where we left it.
Reading* reading_of(DIR* directory) {
  if (lseek(dirfd(directory), 0, SEEK_CUR) == 0)
    drop(directory);
  for (Reading* reading = readings; reading != nullptr; reading = reading->next) {
    if (reading->directory == directory)
      return reading;
  }
  return read_whole(directory);
}

struct dirent* next_entry(DIR* directory) {
  const Guard guard;
  const int error = errno;  // which the end of a directory leaves as it is
  Reading* reading = reading_of(directory);
  if (reading == nullptr)
    return nullptr;
  if (reading->given < reading->count)
    return reading->entries[reading->count - ++reading->given];
  drop(directory);
  errno = error;
  return nullptr;
}

}  // namespace

#define BOOTSTRAP_SHOWN extern "C" __attribute__((visibility("default")))

BOOTSTRAP_SHOWN int clock_gettime(clockid_t clock, struct timespec* now) noexcept {
  return read_clock(clock, now);
}

BOOTSTRAP_SHOWN int timespec_get(struct timespec* now, int base) noexcept {
  return base == TIME_UTC && read_clock(CLOCK_REALTIME, now) == 0 ? base : 0;
}

BOOTSTRAP_SHOWN int gettimeofday(struct timeval* now, void* zone) noexcept {
  struct timespec precise{};
  if (zone != nullptr)
    memset(zone, 0, sizeof(struct timezone));
  read_clock(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

BOOTSTRAP_SHOWN time_t time(time_t* seconds) noexcept {
  struct timespec now{};
  read_clock(CLOCK_REALTIME_COARSE, &now);
  if (seconds != nullptr)
    *seconds = now.tv_sec;
  return now.tv_sec;
}

// Who waits until a time of the clock that we show must not wait for more than a year.

BOOTSTRAP_SHOWN int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                           const struct timespec* deadline) {
  clockid_t clock = CLOCK_REALTIME;
  const struct timespec real = real_deadline(deadline, &clock);
  return clockwait != nullptr ? clockwait(condition, mutex, clock, &real) : ETIMEDOUT;
}

BOOTSTRAP_SHOWN int pthread_mutex_timedlock(pthread_mutex_t* mutex,
                                            const struct timespec* deadline) noexcept {
  clockid_t clock = CLOCK_REALTIME;
  const struct timespec real = real_deadline(deadline, &clock);
  return clocklock != nullptr ? clocklock(mutex, clock, &real) : ETIMEDOUT;
}

BOOTSTRAP_SHOWN int sem_timedwait(sem_t* semaphore, const struct timespec* deadline) {
  clockid_t clock = CLOCK_REALTIME;
  const struct timespec real = real_deadline(deadline, &clock);
  if (semwait != nullptr)
    return semwait(semaphore, clock, &real);
  errno = ETIMEDOUT;
  return -1;
}

BOOTSTRAP_SHOWN int clock_nanosleep(clockid_t clock, int flags, const struct timespec* request,
                                    struct timespec* rest) {
  struct timespec real = *request;
  if (is_wall_clock(clock) && (flags & TIMER_ABSTIME) != 0)
    real.tv_sec -= kShift;
  return syscall(SYS_clock_nanosleep, clock, flags, &real, rest) == 0 ? 0 : errno;
}

BOOTSTRAP_SHOWN struct dirent* readdir(DIR* directory) {
  return next_entry(directory);
}

BOOTSTRAP_SHOWN struct dirent64* readdir64(DIR* directory) {
  return reinterpret_cast<struct dirent64*>(next_entry(directory));
}

BOOTSTRAP_SHOWN long telldir(DIR* directory) noexcept {
  const Guard guard;
  const Reading* reading = reading_of(directory);
  return reading == nullptr ? 0 : reading->given;
}

BOOTSTRAP_SHOWN void seekdir(DIR* directory, long position) noexcept {
  const Guard guard;
  if (Reading* reading = reading_of(directory); reading != nullptr && position <= reading->count)
    reading->given = position;
}
