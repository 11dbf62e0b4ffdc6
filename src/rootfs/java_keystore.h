// Java's own keystore format, JKS, which ca-certificates-java writes to etc/ssl/certs/java/cacerts: each
// certificate carries the moment it was added, so two builds of one image would differ. (Format: the class
// comment of sun.security.provider.JavaKeyStore.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bootstrap {

/// The keystore with all its times set to `seconds` and its integrity digest made anew. nullopt when it is no
/// JKS file of trusted certificates only, under the well-known password "changeit": then it is not ours to
/// touch.
std::optional<std::string> with_keystore_times(std::string_view keystore, std::int64_t seconds);

}  // namespace bootstrap
