// The same promises to a C++ program.
#include <kube/base.h>
#include <kube/rest.h>

#include <iostream>
#include <memory>

struct release {
    void operator()(kube_io *io) const { kube_io_free(io); }
    void operator()(kube_error *err) const { kube_error_free(err); }
};

int main()
{
    kube_io_options io_options = KUBE_IO_OPTIONS_INIT;
    kube_rest_client_options opts = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_io *made = nullptr;
    kube_rest_client *client = nullptr;
    kube_error *why = nullptr;

    if (kube_io_new(&io_options, &made, nullptr) != KUBE_OK)
        return 1;
    std::unique_ptr<kube_io, release> io(made);
    if (kube_io_step(io.get(), 10) != KUBE_OK)
        return 2;
    opts.base_url = "gopher://not-a-kubernetes-server";
    const kube_status st = kube_rest_client_new(&opts, &client, &why);
    std::unique_ptr<kube_error, release> err(why);
    if (st == KUBE_OK || kube_error_status(err.get()) != st)
        return 3;
    std::cout << kube_status_name(st) << ": " << kube_error_message(err.get()) << '\n';
    return 0;
}
