#include "gateway/http/tls_certificates.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace typhon::http {

TlsCertificates::TlsCertificates(TlsFiles files) : files_(std::move(files)), current_(load()) {}

std::shared_ptr<const TlsContext> TlsCertificates::load() const {
    auto context = std::make_shared<const TlsContext>(files_, tickets_);
    const CertificateFacts& facts = context->certificate();
    spdlog::info("certificate {} for {}, valid until {}",
                 files_.certificate,
                 facts.names,
                 utc_text(facts.not_after));
    if (const std::string complaint = facts.complaint(std::time(nullptr)); !complaint.empty()) {
        spdlog::warn("{}", complaint);
    }
    return context;
}

std::string TlsCertificates::reload() {
    std::string fault;
    try {
        auto next = load();
        const std::lock_guard lock(mutex_);
        current_ = std::move(next);
    } catch (const TlsError& error) {
        fault = error.what();
        spdlog::error("{}; the old certificate stays in use", fault);
    }
    const std::lock_guard lock(mutex_);
    last_error_ = fault;
    return fault;
}

std::shared_ptr<const TlsContext> TlsCertificates::current() const {
    const std::lock_guard lock(mutex_);
    return current_;
}

std::string TlsCertificates::last_error() const {
    const std::lock_guard lock(mutex_);
    return last_error_;
}

}  // namespace typhon::http
