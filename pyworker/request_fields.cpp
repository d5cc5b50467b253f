#include "pyworker/request_fields.hpp"

#include <algorithm>
#include <string>
#include <variant>

#include "proto/codec.hpp"
#include "proto/path.hpp"
#include "proto/request_id.hpp"
#include "pyworker/inbound_reader.hpp"
#include "pyworker/route_table.hpp"

namespace py = pybind11;

namespace typhon::worker {

namespace {

py::object checked(PyObject* made) {
    if (made == nullptr) {
        throw py::error_already_set();
    }
    return py::reinterpret_steal<py::object>(made);
}

Py_ssize_t length(std::string_view text) {
    return static_cast<Py_ssize_t>(text.size());
}

/// Bytes that are no UTF-8 become U+FFFD, so that a str can always be encoded again.
py::object text_of(std::string_view bytes) {
    return checked(PyUnicode_DecodeUTF8(bytes.data(), length(bytes), "replace"));
}

py::object bytes_of(std::string_view bytes) {
    return checked(PyBytes_FromStringAndSize(bytes.data(), length(bytes)));
}

/// Header fields are ISO-8859-1 (RFC 9110, section 5.5).
py::object latin_of(std::string_view bytes) {
    return checked(PyUnicode_DecodeLatin1(bytes.data(), length(bytes), nullptr));
}

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char left, char right) {
        return lower(left) == lower(right);
    });
}

py::object helper(const char* name) {
    return py::module_::import("typhon._request").attr(name);
}

py::object content_type(const Job& job) {
    return latin_of(header_value(job, "content-type"));
}

py::object make_method(const Job& job, PyObject* /*self*/) {
    PyObject* text = latin_of(job.request.method).release().ptr();
    PyUnicode_InternInPlace(&text);
    return py::reinterpret_steal<py::object>(text);
}

py::object make_path(const Job& job, PyObject* /*self*/) {
    proto::PathSegments path;
    if (path.parse(job.request.path) != proto::PathFault::none) {
        return text_of(job.request.path);
    }
    std::string decoded;
    for (const std::string_view segment : path.segments()) {
        decoded.append("/").append(segment);
    }
    return text_of(decoded);
}

py::object make_query_params(const Job& job, PyObject* /*self*/) {
    return helper("parse_query")(bytes_of(job.request.query));
}

py::object make_query_string(const Job& job, PyObject* /*self*/) {
    return bytes_of(job.request.query);
}

py::object make_headers(const Job& job, PyObject* /*self*/) {
    py::list pairs;
    proto::HeaderBlockReader reader(job.request.headers);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        if (name.starts_with(':')) {
            continue;  // a word of the gateway
        }
        pairs.append(py::make_tuple(latin_of(name), latin_of(value)));
    }
    return py::module_::import("typhon.multidict").attr("Headers")(pairs);
}

py::object make_data(const Job& job, PyObject* self) {
    if (job.inbound != nullptr) {
        return py::module_::import("typhon._body").attr("whole_body")(py::handle(self));
    }
    return bytes_of(job.request.body);
}

/// The body for those who decode it further. What came in pieces is kept, for it can be read once.
py::object body_of(const Job& job, PyObject* self) {
    if (job.inbound != nullptr) {
        return checked(PyObject_GetAttrString(self, "data"));
    }
    return bytes_of(job.request.body);
}

py::object make_body(const Job& job, PyObject* self) {
    if (job.request.body.empty() && job.inbound == nullptr) {
        return py::none();
    }
    return helper("parse_body")(body_of(job, self), content_type(job));
}

py::object make_json(const Job& job, PyObject* self) {
    return helper("parse_json")(body_of(job, self));
}

py::object make_text(const Job& job, PyObject* self) {
    return helper("decode_text")(body_of(job, self), content_type(job));
}

py::object make_inbound(const Job& job, PyObject* /*self*/) {
    return inbound_of(job);
}

py::object make_form(const Job& /*job*/, PyObject* self) {
    return helper("form_of")(py::handle(self));
}

py::object make_files(const Job& /*job*/, PyObject* self) {
    return helper("files_of")(py::handle(self));
}

py::object make_cookies(const Job& job, PyObject* /*self*/) {
    std::string joined;
    proto::HeaderBlockReader reader(job.request.headers);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        if (same_name(name, "cookie")) {
            joined.append(joined.empty() ? "" : "; ").append(value);
        }
    }
    return helper("parse_cookies")(latin_of(joined));
}

py::object make_content_type(const Job& job, PyObject* /*self*/) {
    return content_type(job);
}

py::object make_state(const Job& /*job*/, PyObject* /*self*/) {
    return helper("new_state")();
}

py::object make_session(const Job& /*job*/, PyObject* self) {
    return helper("session_of")(py::handle(self));
}

py::object make_client(const Job& job, PyObject* /*self*/) {
    return latin_of(job.request.client);
}

std::string_view scheme_of(const Job& job) {
    const std::string_view scheme = header_value(job, proto::kSchemeField);
    return scheme.empty() ? "http" : scheme;
}

py::object make_scheme(const Job& job, PyObject* /*self*/) {
    return latin_of(scheme_of(job));
}

py::object make_url(const Job& job, PyObject* /*self*/) {
    const std::string_view host = header_value(job, "host");
    std::string url(scheme_of(job));
    url.append("://").append(host.empty() ? "localhost" : host).append(job.request.path);
    if (!job.request.query.empty()) {
        url.append("?").append(job.request.query);
    }
    return latin_of(url);
}

py::object make_id(const Job& job, PyObject* /*self*/) {
    return latin_of(proto::request_name(job.request));
}

py::object param_value(const proto::ParamValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return text_of(*text);
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return checked(PyLong_FromLongLong(*number));
    }
    return checked(PyFloat_FromDouble(std::get<double>(value)));
}

py::object make_path_params(const Job& job, PyObject* /*self*/) {
    py::dict params;
    for (const proto::Param& param : job.params) {
        params[text_of(param.name)] = param_value(param.value);
    }
    return params;
}

constexpr std::array<RequestField, kRequestFields> kFields{{
    {"method", make_method, "\"GET\""},
    {"path", make_path, "decoded, without the query"},
    {"path_params", make_path_params, "the converted parameters of the route, a dict"},
    {"query_params", make_query_params, "MultiDict: the last value wins, getlist() has all"},
    {"query_string", make_query_string, "the query as received"},
    {"headers", make_headers, "Headers: names in any case"},
    {"body", make_body, "parsed JSON of a JSON request, else str, else bytes; None when empty"},
    {"data", make_data, "the body as received"},
    {"json", make_json, "the body as JSON, whatever its Content-Type; HTTPError 400"},
    {"text", make_text, "the body as text, by its charset or as UTF-8"},
    {"form", make_form, "MultiDict of the fields of a urlencoded or multipart form"},
    {"files", make_files, "MultiDict of the Uploads of a multipart form"},
    {"cookies", make_cookies, "dict"},
    {"content_type", make_content_type, "the Content-Type, empty when there is none"},
    {"state", make_state, "what hooks and handlers keep with this request"},
    {"session", make_session, "the session of the client, a dict"},
    {"client", make_client, "address of the client, \"127.0.0.1:5123\""},
    {"scheme", make_scheme, "\"http\" or \"https\""},
    {"url", make_url, "whole, as the client wrote it, \"https://example.org/python/hello?x=1\""},
    {"_inbound", make_inbound, "what reads a body that comes in pieces; None for any other"},
    {"id", make_id, "16 hex digits, as in logs and error answers"},
}};

}  // namespace

const std::array<RequestField, kRequestFields>& request_fields() {
    return kFields;
}

std::string_view header_value(const Job& job, std::string_view wanted) {
    proto::HeaderBlockReader reader(job.request.headers);
    std::string_view name;
    std::string_view value;
    std::string_view found;
    while (reader.next(name, value)) {
        if (same_name(name, wanted)) {
            found = value;
        }
    }
    return found;
}

}  // namespace typhon::worker
