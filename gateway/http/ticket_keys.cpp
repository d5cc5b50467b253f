#include "gateway/http/ticket_keys.hpp"

#include <algorithm>
#include <new>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

namespace typhon::http {

namespace {

using Holder = std::shared_ptr<TicketKeys>;

void free_holder(void* /*parent*/,
                 void* holder,
                 CRYPTO_EX_DATA* /*data*/,
                 int /*index*/,
                 long /*number*/,
                 void* /*argument*/) {
    delete static_cast<Holder*>(holder);
}

int holder_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_holder);
    return index;
}

TicketKeys& keys_of(SSL* session) {
    return **static_cast<Holder*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), holder_index()));
}

bool set_up(TicketKeys::Key& key,
            const unsigned char* iv,
            EVP_CIPHER_CTX* cipher,
            EVP_MAC_CTX* mac,
            int seals) {
    std::array<char, 7> digest{"sha256"};
    const std::array<OSSL_PARAM, 3> params{
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv, seals) ==
               1 &&
           EVP_MAC_CTX_set_params(mac, params.data()) == 1;
}

/// SSL_CTX_set_tlsext_ticket_key_evp_cb(3): -1 fault, 0 no key, 1 go on, 2 and a new ticket.
int on_ticket(SSL* session,
              unsigned char* name,
              unsigned char* iv,
              EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac,
              int seals) {
    TicketKeys& keys = keys_of(session);
    const auto now = std::chrono::steady_clock::now();
    std::optional<TicketKeys::Key> key = seals == 1 ? keys.sealing(now) : keys.opening(name, now);
    if (!key) {
        return 0;
    }
    if (seals == 1) {
        std::copy(key->name.begin(), key->name.end(), name);
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) {
            return -1;
        }
    }
    const bool good = set_up(*key, iv, cipher, mac, seals);
    const bool renew =
        SSL_version(session) == TLS1_3_VERSION || now - key->made > TicketKeys::kSeals;
    OPENSSL_cleanse(&*key, sizeof *key);
    return !good ? -1 : seals == 0 && renew ? 2 : 1;
}

}  // namespace

TicketKeys::~TicketKeys() {
    for (Key& key : keys_) {
        OPENSSL_cleanse(&key, sizeof key);
    }
}

std::optional<TicketKeys::Key> TicketKeys::sealing(TimePoint now) {
    const std::lock_guard lock(mutex_);
    if (keys_.empty() || now - keys_.front().made > kSeals) {
        Key key{};
        if (RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) != 1 ||
            RAND_priv_bytes(key.cipher.data(), static_cast<int>(key.cipher.size())) != 1 ||
            RAND_priv_bytes(key.mac.data(), static_cast<int>(key.mac.size())) != 1) {
            return std::nullopt;
        }
        key.made = now;
        keys_.push_front(key);
        OPENSSL_cleanse(&key, sizeof key);
        forget_old(now);
    }
    return keys_.front();
}

std::optional<TicketKeys::Key> TicketKeys::opening(const unsigned char* name, TimePoint now) {
    const std::lock_guard lock(mutex_);
    forget_old(now);
    const auto found = std::find_if(keys_.begin(), keys_.end(), [name](const Key& key) {
        return std::equal(key.name.begin(), key.name.end(), name);
    });
    return found == keys_.end() ? std::nullopt : std::optional<Key>(*found);
}

void TicketKeys::forget_old(TimePoint now) {
    while (!keys_.empty() && now - keys_.back().made > kOpens) {
        OPENSSL_cleanse(&keys_.back(), sizeof(Key));
        keys_.pop_back();
    }
}

void TicketKeys::attach(const std::shared_ptr<TicketKeys>& keys, SSL_CTX* context) {
    auto holder = std::make_unique<Holder>(keys);
    if (SSL_CTX_set_ex_data(context, holder_index(), holder.get()) != 1) {
        throw std::bad_alloc();
    }
    (void)holder.release();  // free_holder() deletes it
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &on_ticket);
}

}  // namespace typhon::http
