#include "names.h"

#include <kube/sys/error.h>

#include <string.h>

enum { SUBDOMAIN_MAX_BYTES = 253, LABEL_MAX_BYTES = 63 };

bool kube__has_control(kube_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < text.len && (unsigned char)text.data[i + 1] < 0xa0))
            return true;
    }
    return false;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool kube__is_dns1123_subdomain(kube_str text)
{
    bool may_end = false; /* the byte before was a letter or digit */

    if (text.len == 0 || text.len > SUBDOMAIN_MAX_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (is_lower(c) || is_digit(c))
            may_end = true;
        else if ((c == '.' && may_end) || (c == '-' && i > 0 && text.data[i - 1] != '.'))
            may_end = false;
        else
            return false;
    }
    return may_end;
}

bool kube__is_dns1035_label(kube_str text)
{
    if (text.len == 0 || text.len > LABEL_MAX_BYTES || !is_lower(text.data[0]) || text.data[text.len - 1] == '-')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (!is_lower(c) && !is_digit(c) && c != '-')
            return false;
    }
    return true;
}

bool kube__is_path_segment(kube_str text)
{
    return text.len != 0 && memchr(text.data, '/', text.len) == NULL && !kube_str_is(text, ".") &&
           !kube_str_is(text, "..") && !kube__has_control(text);
}

kube_status kube__group_version_parse(const char *text, kube_str *group, kube_str *version, kube_error **err)
{
    kube_str whole = kube_str_c(text);
    const char *slash;

    if (whole.len == 0)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "groupVersion shouldn't be empty");
    slash = memchr(whole.data, '/', whole.len);
    *group = slash != NULL ? kube_str_n(whole.data, (size_t)(slash - whole.data)) : kube_str_n(NULL, 0);
    *version = slash != NULL ? kube_str_c(slash + 1) : whole;
    if ((slash != NULL && !kube__is_path_segment(*group)) || !kube__is_path_segment(*version))
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "unexpected GroupVersion string: %s", text);
    return KUBE_OK;
}
