// A place that points to an object as long as this exists, however the scope is left.
#pragma once

namespace typhon::http {

template <class T>
class ScopedPointer {
public:
    ScopedPointer(T*& place, T& object) noexcept : place_(place) { place_ = &object; }
    ~ScopedPointer() { reset(); }
    ScopedPointer(const ScopedPointer&) = delete;
    ScopedPointer& operator=(const ScopedPointer&) = delete;
    ScopedPointer(ScopedPointer&&) = delete;
    ScopedPointer& operator=(ScopedPointer&&) = delete;

    /// The place points to nothing from here.
    void reset() noexcept { place_ = nullptr; }

private:
    T*& place_;
};

}  // namespace typhon::http
