#include "sandbox/captured_output.h"

#include <algorithm>

namespace bootstrap {

void CapturedOutput::append(std::string_view data) {
  total_ += data.size();
  const std::size_t room = std::min<std::size_t>(data.size(), half_ - head_.size());
  head_.append(data.substr(0, room));
  tail_.append(data.substr(room));
  if (tail_.size() > 2 * half_)
    tail_.erase(0, tail_.size() - half_);
}

std::string CapturedOutput::text() const {
  const std::size_t kept = std::min<std::size_t>(tail_.size(), half_);
  const std::uint64_t omitted = total_ - head_.size() - kept;
  std::string text = head_;
  if (omitted > 0)
    text += "\n[" + std::to_string(omitted) + " bytes left out]\n";
  return text.append(tail_, tail_.size() - kept);
}

}  // namespace bootstrap
