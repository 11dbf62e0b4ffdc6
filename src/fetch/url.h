// What is asked of URLs: which schemes are fetched, where a redirect may lead, and how a URL and other text
// from a server is shown.
#pragma once

#include <string>
#include <string_view>

namespace bootstrap {

/// Lower case, without the colon; empty when there is none.
std::string scheme_of(std::string_view url);

/// Only http, https and file are fetched.
bool is_fetchable(std::string_view url);

/// A redirect may lead to http or https only, and never from https back to http: what was asked for in
/// private is not to be had in public, and a server has no business naming files of this machine.
bool is_redirect_allowed(std::string_view from, std::string_view to);

/// For messages and files: without user, password, query and fragment, any of which may be a secret.
std::string shown_url(std::string_view url);

/// Text from the network, fit for a terminal: whatever is not printable ASCII is a question mark, and it ends
/// after 500 characters.
std::string shown_text(std::string_view text);

}  // namespace bootstrap
