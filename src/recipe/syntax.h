// The small languages inside a recipe's strings: names, durations, sizes, modes, ports. Pure functions of
// text; the readers turn a refusal into an error that points at the place.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bootstrap {

/// What may name a recipe, and so a folder, an image and a tag's repository: [a-z0-9][a-z0-9._-]*, without
/// two separators in a row or one at the end (as OCI has it), at most 128 characters.
bool is_recipe_name(std::string_view text);
/// One to three numbers with dots between them: "1", "1.4", "2026.11.0".
bool is_recipe_version(std::string_view text);
/// Lower-case letters, digits and single dashes: it also becomes part of an environment variable's name.
bool is_archive_name(std::string_view text);
/// "bookworm", "bookworm-updates", "stable/updates"; never a path that leads elsewhere.
bool is_suite_or_component(std::string_view text);
/// Debian policy 5.6.7: at least two characters of a-z, 0-9, "+", "-", ".", the first a letter or digit.
bool is_package_name(std::string_view text);
/// A package name in which "*" and "?" stand for anything.
bool is_package_glob(std::string_view text);
/// Characters of a Debian version (policy 5.6.12) and "*", "?".
bool is_version_glob(std::string_view text);
bool is_user_name(std::string_view text);
/// "name", "10001", "name:group".
bool is_user_and_group(std::string_view text);
/// [A-Za-z_][A-Za-z0-9_]*
bool is_environment_name(std::string_view text);
/// SIGQUIT, SIGTERM, ..., SIGRTMIN+3.
bool is_signal_name(std::string_view text);
/// Starts with "/", no ".." and no "//" in it.
bool is_absolute_path(std::string_view text);
/// Whether `text` is a line of debconf-set-selections: owner, question, type, value.
bool is_debconf_selection(std::string_view text);
/// http://127.0.0.1:PORT/... or http://localhost:PORT/...
bool is_loopback_url(std::string_view text);

/// "500ms", "60s", "2m", "1h"; at least 1 ms and at most 24 h.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// "12h", "90d", "4w"; at most 10 000 of them.
std::optional<std::chrono::hours> parse_age(std::string_view text);
/// "20261101T120000Z", as archives of snapshots name their states.
std::optional<std::chrono::sys_seconds> parse_snapshot(std::string_view text);
std::string snapshot_name(std::chrono::sys_seconds time);
/// "512K", "512M", "1G", in powers of 1024; in bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// "644", "0644", "4755".
std::optional<std::uint32_t> parse_mode(std::string_view text);
/// "80" and "80/tcp" are "80/tcp"; also udp and sctp.
std::optional<std::string> parse_port(std::string_view text);

}  // namespace bootstrap
